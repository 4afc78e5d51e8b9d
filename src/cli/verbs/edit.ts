import { readYamlDocuments } from '../../meta/read/yaml.ts';
import { StatusError } from '../../meta/status-error.ts';
import { CommandError, messageOf } from '../command.ts';
import { throwAll, told } from '../faults.ts';
import { onOff, text } from '../grammar/flags.ts';
import { goYaml, withoutManagedFields } from '../printers/index.ts';
import { type AnyObject, objectName, replaceObject } from '../resources/index.ts';
import { editText } from './editor.ts';
import { fileFlags, managerFlag } from './flag-sets.ts';
import { type Selected, select } from './selection.ts';
import { verb } from './verb.ts';

const intro = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`;

export const edit = verb({
  name: 'edit',
  summary: 'Edit objects with your editor (KUBE_EDITOR or EDITOR)',
  usage: '(RESOURCE/NAME | -f FILENAME)',
  completes: 'resources',
  flags: {
    ...fileFlags,
    ...managerFlag,
    outputPatch: onOff('Taken and ignored', { hidden: true }),
    windowsLineEndings: onOff('Taken and ignored', { hidden: true }),
    output: text('yaml (JSON is not offered)', { short: 'o' }),
    validate: text('Taken and ignored', { bare: 'strict', hidden: true }),
    subresource: text('Edit this subresource: status'),
    record: onOff('Taken and ignored', { hidden: true }),
    showManagedFields: onOff('Show managedFields too'),
  },
  async run(context) {
    const { flags: given, io, edges } = context;
    if (given.output !== undefined && !['yaml', 'json'].includes(given.output))
      throw new CommandError(
        `unable to match a printer suitable for the output format ${JSON.stringify(given.output)}, allowed formats are: json,yaml`,
      );
    const { found, faults } = await select(context, given);
    throwAll(faults);
    const editor = edges.environment.editor ?? 'vi';
    for (const it of found) {
      if (given.subresource && !it.resource.subresources.includes(given.subresource))
        throw new StatusError('NotFound', 'the server could not find the requested resource');
      const shown = goYaml(given.showManagedFields ? it.object : withoutManagedFields(it.object as AnyObject));
      let trouble = '';
      let content = intro + shown;
      for (;;) {
        const edited = await editText(editor, `${it.resource.plural}-${it.name}.yaml`, content);
        const plain = withoutComments(edited);
        if (plain === withoutComments(content)) {
          if (trouble === '') io.tell('Edit cancelled, no changes made.');
          else throw new CommandError(`Edit cancelled, no valid changes were saved.`);
          break;
        }
        if (plain.trim() === '') {
          io.tell('Edit cancelled, saved file was empty.');
          break;
        }
        try {
          const object = objectIn(plain, it);
          const writing = {
            fieldManager: given.fieldManager ?? 'kubectl-edit',
            validate: 'Strict',
            ...(given.subresource && { subresource: given.subresource }),
          };
          await replaceObject(context.session().requests, it, object, writing);
          io.print(`${objectName(it.resource, it.name)} edited`);
          break;
        } catch (error) {
          if (!(error instanceof StatusError || error instanceof CommandError)) throw error;
          trouble = told(error) ?? messageOf(error);
          io.tell(trouble);
          content = `${intro}${trouble
            .split('\n')
            .map((line) => `# ${line}\n`)
            .join('')}#\n${plain}`;
        }
      }
    }
    return 0;
  },
});

const withoutComments = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');

function objectIn(text: string, it: Selected): AnyObject {
  let object: AnyObject;
  try {
    object = readYamlDocuments(text)[0] as AnyObject;
  } catch (cause) {
    throw new CommandError(`The edited file had a syntax error: ${messageOf(cause)}`, { cause });
  }
  if (object?.kind !== it.resource.kind || object.metadata?.name !== it.name)
    throw new CommandError('At least one of apiVersion, kind and name was changed');
  return object;
}
