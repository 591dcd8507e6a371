// Reads a GIFT file with gift-pegjs (MIT, see gift-pegjs/LICENSE), the parser that GIFT editors use; prints its tree.
const { parse } = require("./gift-pegjs/pegjs-gift.js");
const text = require("fs").readFileSync(0, "utf8");
process.stdout.write(JSON.stringify(parse(text)));
