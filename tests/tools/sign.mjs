// SPDX-License-Identifier: MIT
// Prints the token that the order on standard input asks for, as jose makes it:
// {"alg", "typ", "key": a secret or PKCS #8, "claims"}.
import { readFileSync } from "node:fs";
import { SignJWT, importPKCS8 } from "jose";

const { alg, typ, key, claims } = JSON.parse(readFileSync(0, "utf8"));
const signs = key.startsWith("-----BEGIN") ? await importPKCS8(key, alg) : new TextEncoder().encode(key);
console.log(await new SignJWT(claims).setProtectedHeader({ alg, typ }).sign(signs));
