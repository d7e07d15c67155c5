// Does with airtable.js what the words on the command line say, and prints what it gives as JSON.
import Airtable from "airtable";

const [url, token, table, act, given] = process.argv.slice(2);
Airtable.configure({ endpointUrl: url, apiKey: token });
const of = Airtable.base("shop")(table);
const input = JSON.parse(given);

const plain = (one) => ({ id: one.id, fields: one.fields, commentCount: one.commentCount });
const all = (found) => (Array.isArray(found) ? found.map(plain) : plain(found));

const ACTS = {
  all: async () => all(await of.select(input).all()),
  firstPage: async () => all(await of.select(input).firstPage()),
  async eachPage() {
    const pages = [];
    await of.select(input).eachPage((found, next) => {
      pages.push(all(found));
      next();
    });
    return pages;
  },
  find: async () => all(await of.find(input)),
  create: async () => all(await of.create(...input)),
  update: async () => all(await of.update(...input)),
  replace: async () => all(await of.replace(...input)),
  destroy: async () => all(await of.destroy(input)),
  // A record that was read has methods of its own.
  async record() {
    const one = await of.find(input);
    const name = one.get("Name");
    one.set("Amount", 7);
    await one.save();
    await one.patchUpdate({ Amount: 8 });
    await one.updateFields({ Amount: one.fields.Amount + 1 });
    await one.fetch();
    const patched = one.fields;
    await one.putUpdate({ Name: "put" });
    await one.replaceFields({ Name: "replaced" });
    const replaced = one.fields;
    await one.destroy();
    return { name, patched, replaced };
  },
};

try {
  console.log(JSON.stringify(await ACTS[act]()));
} catch (error) {
  console.log(JSON.stringify({ error: error.error, message: error.message, status: error.statusCode }));
}
