"""What tests stand on: databases, a browser, and the receivers at the other end of mail and webhooks."""
