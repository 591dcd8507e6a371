// Reads a GIFT file with gift-pegjs, the parser that GIFT editors use (argument: its folder), and prints its tree.
const { parse } = require(process.argv[2]);
const text = require("fs").readFileSync(0, "utf8");
process.stdout.write(JSON.stringify(parse(text)));
