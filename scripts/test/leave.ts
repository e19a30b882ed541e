// Loaded before jest, and by that in its workers. When nothing is left to do there, Node would
// clear away hundreds of megabytes of modules before it ends, which takes longer than jest waits:
// it then warns of a leak that is none. So a worker ends at once.
if (process.send) process.on("exit", (code) => process.exit(code));
