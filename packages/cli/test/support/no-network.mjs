// Loaded before a program that is to reach nothing but this machine, where the system cannot cut it off.
import { Socket } from "node:net";
import dns from "node:dns";

const LOCAL = /^(?:localhost|127\.|::1$|0\.0\.0\.0$)/;
const refusal = () => Object.assign(new Error("The network is cut."), { code: "EPERM" });
const { connect } = Socket.prototype;
Socket.prototype.connect = function (...args) {
  const [first] = args.flat();
  const host = typeof first === "object" && first !== null ? (first.host ?? "localhost") : "localhost";
  if (first?.path !== undefined || LOCAL.test(host)) return connect.apply(this, args);
  return this.destroy(refusal());
};
const { lookup } = dns;
dns.lookup = (name, ...rest) => (LOCAL.test(name) ? lookup(name, ...rest) : rest.at(-1)(refusal()));
