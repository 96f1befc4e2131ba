/** A token that no one else can make: its private key is gone. It is valid until 2100. */
export const TOKEN =
  "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJlbmNoIn0.eyJzdWIiOiJiZW5jaCIsIm5hbWUiOiJCZW5jaCIsImVtYWlsIjoiYmVuY2hAZXhhbXBsZS5jb20iLCJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVkIjoiYmVuY2giLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6NDEwMjQ0NDgwMH0.gss3ShLXAz3ifEJpqCCq9gAu0h413KZ4NI2mX9z6PYrP09qtQAgn91Ez245jd7N4Qnk2ioLl8MEx9Yq-rfe2GgT6kC0VKiwimTP4oO3X6c6iqCOMQGBSBRbsm72Dw_YX5TMdy4lkHsVSSVKVbm5NBRxGDcgpKckjrb3OTBuLvRkclPbVEU_yKIOmLbuPSK0nNtZzAJ8aJsmViw9DUgE6n8pRUR1DO1-S4tOjnrRpiOh5Vc7Ebgo7FCM39zlf9KGCYZHhGEOWB40DCCeyQBF7Pd6Uj4oLGs6qpuAR54RB1GrZyAR1TV3Uogp1dd1ZpPIuENfszm5NgbxzGXQZWhG4ww";

export const ISSUER = "https://issuer.example";
export const AUDIENCE = "bench";

/** The public key that it is checked with. */
export const JWKS = {
  keys: [
    {
      kty: "RSA",
      kid: "bench",
      alg: "RS256",
      use: "sig",
      e: "AQAB",
      n: "1pWoBQWlKXnNvfQJQX9jbYXKr0zOKImi_BabYaGHtWJg80C_YkxZt7-PC_KllA7y85fIOKW-uBWgtdL1QgMIyhvMXHqlmHYKLQEFC2Ackz-8eJqnJXGk9yhOz647Em9fIhrsrAOmwjKiYz1JA552fOonTP508gaisP_um7R61KtfwqG-Ff1-qGS456OmU9fdYto-8QDXyjmN-OGdqCh00LPkQ0_5dBZvPnDuDfUx5OYsT1ppIOPDTIITUCAQUyOM4UiiwAWN6wDCX2PAFrFlvDoCFa2kKpU2NTc57fBiB001rHx2GAcXtkXUbNXpr26XLrFsz1dOK4psLAt4wxdueQ",
    },
  ],
};
