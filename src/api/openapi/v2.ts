import protobuf from 'protobufjs';
import type { AnyKind } from '../../kinds/index.ts';
import { kubernetesVersion } from '../../meta/kubernetes-version.ts';
import { definitionName, definitionsOf, gvkKey, operationsOf } from './definitions.ts';

type Json = Record<string, unknown>;

/** OpenAPI v2 as JSON and, for older kubectls, in gnostic's protobuf form. Both are built when they are first asked for. */
export function openApiV2(kinds: readonly AnyKind[]): { json(): Buffer; protobuf(): Buffer } {
  let document: Json | undefined;
  let json: Buffer | undefined;
  let binary: Buffer | undefined;
  const build = (): Json => {
    document ??= buildDocument(kinds);
    return document;
  };
  return {
    json() {
      json ??= Buffer.from(JSON.stringify(build()));
      return json;
    },
    protobuf() {
      binary ??= encodeDocument(build());
      return binary;
    },
  };
}

function buildDocument(kinds: readonly AnyKind[]): Json {
  const paths: Record<string, Json> = {};
  for (const { method, path, kind, action, parameters } of operationsOf(kinds)) {
    paths[path] ??= {};
    (paths[path] as Json)[method] = {
      parameters: parameters.map((name) => ({ name, in: 'query', type: 'string', uniqueItems: true })),
      responses: { 200: { description: 'OK', schema: { $ref: `#/definitions/${definitionName(kind.message)}` } } },
      'x-kubernetes-action': action,
      [gvkKey]: { group: kind.group, kind: kind.kind, version: kind.version },
    };
  }
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: kubernetesVersion },
    paths,
    definitions: definitionsOf(kinds, '#/definitions/'),
  };
}

/**
 * The part of gnostic's OpenAPIv2 messages that our documents use; the numbers are that schema's.
 * Named things are pairs of a name and a value; extensions carry their value as YAML text.
 */
const schema = `
syntax = "proto3";
message Any { string type_url = 1; bytes value = 2; }
message AnyWithText { Any value = 1; string yaml = 2; }
message NamedAny { string name = 1; AnyWithText value = 2; }
message Info { string title = 1; string version = 2; }
message TypeItem { repeated string value = 1; }
message AdditionalPropertiesItem { Schema schema = 1; }
message ItemsItem { repeated Schema schema = 1; }
message NamedSchema { string name = 1; Schema value = 2; }
message Properties { repeated NamedSchema additional_properties = 1; }
message Definitions { repeated NamedSchema additional_properties = 1; }
message Schema {
  string Ref = 1; string format = 2; string title = 3; string description = 4;
  repeated string required = 19; AdditionalPropertiesItem additional_properties = 21; TypeItem type = 22; ItemsItem items = 23;
  Properties properties = 25; repeated NamedAny vendor_extension = 31;
}
message QueryParameterSubSchema { bool required = 1; string in = 2; string description = 3; string name = 4; string type = 6; bool unique_items = 19; }
message NonBodyParameter { oneof oneof { QueryParameterSubSchema query_parameter_sub_schema = 3; } }
message Parameter { oneof oneof { NonBodyParameter non_body_parameter = 2; } }
message ParametersItem { oneof oneof { Parameter parameter = 1; } }
message SchemaItem { oneof oneof { Schema schema = 1; } }
message Response { string description = 1; SchemaItem schema = 2; }
message ResponseValue { oneof oneof { Response response = 1; } }
message NamedResponseValue { string name = 1; ResponseValue value = 2; }
message Responses { repeated NamedResponseValue response_code = 1; }
message Operation { string operation_id = 5; repeated ParametersItem parameters = 8; Responses responses = 9; repeated NamedAny vendor_extension = 13; }
message PathItem { Operation get = 2; Operation put = 3; Operation post = 4; Operation delete = 5; Operation options = 6; Operation head = 7; Operation patch = 8; }
message NamedPathItem { string name = 1; PathItem value = 2; }
message Paths { repeated NamedPathItem path = 2; }
message Document { string swagger = 1; Info info = 2; Paths paths = 8; Definitions definitions = 9; }
`;

const extensions = (from: Json): Json[] =>
  Object.entries(from)
    .filter(([name]) => name.startsWith('x-'))
    // JSON is YAML.
    .map(([name, value]) => ({ name, value: { yaml: JSON.stringify(value) } }));

function schemaMessage(from: Json): Json {
  const { $ref, type, format, description, required, items, additionalProperties, properties } = from as { [key: string]: unknown } & {
    properties?: Record<string, Json>;
  };
  return {
    ...($ref !== undefined && { Ref: $ref }),
    ...(format !== undefined && { format }),
    ...(description !== undefined && { description }),
    ...(type !== undefined && { type: { value: [type] } }),
    ...(required !== undefined && { required }),
    ...(items !== undefined && { items: { schema: [schemaMessage(items as Json)] } }),
    ...(additionalProperties !== undefined && { additionalProperties: { schema: schemaMessage(additionalProperties as Json) } }),
    ...(properties && {
      properties: { additionalProperties: Object.entries(properties).map(([name, value]) => ({ name, value: schemaMessage(value) })) },
    }),
    vendorExtension: extensions(from),
  };
}

function operationMessage(from: Json): Json {
  const parameters = (from.parameters as Array<{ name: string }>).map(({ name }) => ({
    parameter: { nonBodyParameter: { queryParameterSubSchema: { in: 'query', name, type: 'string', uniqueItems: true } } },
  }));
  const responses = Object.entries(from.responses as Record<string, Json>).map(([name, it]) => ({
    name,
    value: { response: { description: it.description, schema: { schema: schemaMessage(it.schema as Json) } } },
  }));
  return { parameters, responses: { responseCode: responses }, vendorExtension: extensions(from) };
}

function encodeDocument(document: Json): Buffer {
  const type = protobuf.parse(schema).root.lookupType('Document');
  const paths = Object.entries(document.paths as Record<string, Record<string, Json>>).map(([name, methods]) => ({
    name,
    value: Object.fromEntries(Object.entries(methods).map(([method, operation]) => [method, operationMessage(operation)])),
  }));
  const definitions = Object.entries(document.definitions as Record<string, Json>).map(([name, value]) => ({
    name,
    value: schemaMessage(value),
  }));
  const message = type.fromObject({
    swagger: '2.0',
    info: document.info,
    paths: { path: paths },
    definitions: { additionalProperties: definitions },
  });
  return Buffer.from(type.encode(message).finish());
}
