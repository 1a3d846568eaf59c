// A provider that is not ours (`oidc-provider`, certified by the OpenID Foundation), for one test: whoever logs in is
// the agent of that name, and a program gets tokens as JSON Web Tokens.
//
//   node oidc_provider.mjs FOLDER REDIRECT    FOLDER has `node_modules`; prints the issuer, ends with its standard input

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const [folder, redirect] = process.argv.slice(2);
const module = await import(pathToFileURL(`${folder}/node_modules/oidc-provider/lib/index.js`));

const key = (kind, options, alg) => ({
  ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg,
});

/** Agents by the name with which they log in, and what people are. */
const agents = { ann: 'agent-7', bob: 'agent-9' };
const roles = { ann: 'desk-agents', bob: 'desk-agents', sue: 'desk-leads' };
/** Audiences by resource (RFC 8707). */
const audiences = { 'https://sidetone.example/': 'sidetone', 'https://crm.example/': 'crm' };

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new module.Provider(issuer, {
    clients: [
      { client_id: 'desk', client_secret: 'a secret: of the desk', redirect_uris: [redirect] },
      {
        client_id: 'crm-sync', client_secret: 'a-secret-of-the-crm', redirect_uris: [], response_types: [],
        grant_types: ['client_credentials'],
      },
    ],
    jwks: {
      keys: [key('rsa', { modulusLength: 2048 }, 'RS256'), key('ec', { namedCurve: 'P-256' }, 'ES256')],
    },
    cookies: { keys: ['a key of this test alone'] },
    // Claims are in the token of the person itself, where this engine looks.
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], profile: ['preferred_username', 'realm_access', 'groups', 'agent_id'] },
    findAccount: (_, name) => ({
      accountId: name,
      claims: () => ({
        sub: `id-of-${name}`,
        preferred_username: name,
        realm_access: { roles: ['offline_access', roles[name]].filter(Boolean) },
        groups: ['/billing'],
        agent_id: agents[name],
      }),
    }),
    extraTokenClaims: () => ({ realm_access: { roles: ['desk-programs'] } }),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: '', audience: audiences[resource], accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  server.on('request', provider.callback());
  console.log(issuer);
});

process.stdin.on('end', () => process.exit()).resume();
