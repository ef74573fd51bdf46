// Imported first by every entry of the broker, so that a Node.js that is too old gets one clear sentence instead of a stack trace.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`Node.js 20.19 or newer is needed; this is ${process.versions.node}.\n`);
  process.exit(1);
}

export {};
