export { renderCustomColumns } from './custom-columns.ts';
export { goJson, prettyJson, sorted } from './json.ts';
export { findAll, parseJsonPath, relaxedPath, renderJsonPath, shown, type Template } from './jsonpath.ts';
export { type Output, outputOf, renderObject, withoutManagedFields } from './output.ts';
export { aligned, describeLayout, tableLayout } from './tab-writer.ts';
export { labelsText, renderLines, type Table, tableLines, type TableOptions, tableType } from './table.ts';
export { goYaml } from './yaml.ts';
