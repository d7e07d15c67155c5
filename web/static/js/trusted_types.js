// The one place where text becomes markup for libraries that ask for it. Text never becomes script, nor a script's address.
if (window.trustedTypes) trustedTypes.createPolicy("default", { createHTML: (text) => text });
