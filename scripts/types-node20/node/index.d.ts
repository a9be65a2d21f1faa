// Under tsconfig.host.json, "node" means Node 20, also where the types of another package ask for it.
/// <reference path="../../../node_modules/@types/node20/index.d.ts" />
