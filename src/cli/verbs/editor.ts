import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError } from '../command.ts';

/** Lets the user edit a text in a file of that name; resolves with what became of it. Fails when the editor does. */
export async function editText(editor: string, fileName: string, text: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'peapod-edit-'));
  const file = join(folder, fileName);
  try {
    writeFileSync(file, text, { mode: 0o600 });
    // Editors are named with their arguments: `code --wait`.
    const child = spawn(`${editor} "$0"`, [file], { shell: '/bin/sh', stdio: 'inherit' });
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (it) => resolve(it ?? 1));
    });
    if (code !== 0) throw new CommandError(`there was a problem with the editor ${JSON.stringify(editor)}`);
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
