// Judges Kubernetes objects by the schemas of Kubernetes' own OpenAPI description: types, required fields, and fields that do not exist.
// Reads a JSON list of objects from standard input; writes a line for each fault, or "judged N".
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const schemas = join(dirname(fileURLToPath(import.meta.url)), 'node_modules', 'kubernetes-models', '_schemas');

// io.k8s.api.apps.v1.Deployment is in IoK8sApiAppsV1Deployment.js.
function schemaOf({ apiVersion, kind }) {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  const upper = word => word[0].toUpperCase() + word.slice(1);
  return join(schemas, `IoK8sApi${upper(group.split('.')[0])}${upper(version)}${kind}.js`);
}

// The schemas let unknown fields pass. Their validators look at every field they know, so a field that was never looked at is unknown.
function watch(value, path, unseen) {
  if (value === null || typeof value !== 'object') return value;
  const copy = Array.isArray(value) ? [] : {};
  for (const [key, item] of Object.entries(value)) {
    if (!Array.isArray(value)) unseen.add(`${path}.${key}`);
    copy[key] = watch(item, `${path}.${key}`, unseen);
  }
  return new Proxy(copy, {
    get(target, key) {
      if (typeof key === 'string') unseen.delete(`${path}.${key}`);
      return target[key];
    },
  });
}

function* faultsOf(object) {
  const file = schemaOf(object);
  if (!existsSync(file)) {
    yield `there is no ${object.apiVersion} ${object.kind}`;
    return;
  }
  const { validate } = require(file);
  const unseen = new Set();
  if (!validate(watch(object, '', unseen))) {
    for (const error of validate.errors) yield `${error.instancePath} ${error.keyword} ${JSON.stringify(error.params)}`;
  }
  for (const path of unseen) yield `${path} does not exist`;
}

const objects = JSON.parse(readFileSync(0, 'utf8'));
let faults = 0;
for (const object of objects) {
  for (const fault of faultsOf(object)) {
    faults++;
    console.log(`${object.kind}/${object.metadata.name}: ${fault}`);
  }
}
if (faults === 0) console.log(`judged ${objects.length}`);
