import { expect, test } from 'vitest';
import { languageOf, readDefinitionLine } from './definition-line.ts';

const read = (path: string, line: string) => {
  const language = languageOf(path);
  const definition = language === null ? null : readDefinitionLine(line, language);
  return definition === null ? null : `${definition.noun} ${definition.name}`;
};

test.each([
  ['a.ts', 'export async function readPath(text: string): string {', 'function readPath'],
  ['a.ts', 'export const maxRetries = 3;', 'constant maxRetries'],
  ['a.ts', 'const isOpen = (door: Door): boolean => door.open;', 'function isOpen'],
  ['a.tsx', 'export interface DoorProps {', 'interface DoorProps'],
  ['a.ts', 'export type Door<T> = { open: T };', 'type Door'],
  ['a.js', 'class Hinge extends Part {', 'class Hinge'],
  ['a.py', 'async def read_path(text):', 'function read_path'],
  ['a.py', '    def close(self) -> None:', 'method close'],
  ['a.py', 'class Door(Base):', 'class Door'],
  ['a.py', 'GRACE_SECONDS = 25', 'constant GRACE_SECONDS'],
  ['a.go', 'func ParseHeader(line string) (Header, error) {', 'function ParseHeader'],
  ['a.go', 'func (d *Door) Close() error {', 'method Close'],
  ['a.go', 'type Door struct {', 'type Door'],
  ['a.rs', 'pub fn parse_header(line: &str) -> Header {', 'function parse_header'],
  ['a.rs', 'pub(crate) struct Door {', 'struct Door'],
  ['a.java', 'public final class Door implements Part {', 'class Door'],
  ['a.kt', 'fun openDoor(door: Door) {', 'function openDoor'],
  ['a.c', 'static int open_door(struct door *d) {', 'function open_door'],
  ['a.h', '#define DOOR_MAX 4', 'macro DOOR_MAX'],
  ['a.rb', '  def open_door(door)', 'method open_door'],
  ['a.sql', 'CREATE UNIQUE INDEX IF NOT EXISTS doors_owner_idx ON doors (owner);', 'index doors_owner_idx'],
  ['a.sql', 'ALTER TABLE doors ADD COLUMN width integer;', 'column width'],
  ['a.sh', 'open_door() {', 'function open_door'],
  ['a.yml', '  retry-limit: 3', 'key retry-limit'],
  ['a.json', '  "retryLimit": 3,', 'key retryLimit'],
  ['a.toml', 'retry_limit = 3', 'key retry_limit'],
])('in %s, %j defines the %s', (path, line, definition) => {
  expect(read(path, line)).toBe(definition);
});

test.each([
  ['a.ts', '  const inner = 3;'],
  ['a.ts', 'const wrapped = ('],
  ['a.ts', 'export { readPath } from "./path.ts";'],
  ['a.py', '    def inner(text):'],
  ['a.py', 'GRACE_SECONDS == 25'],
  ['a.c', 'int open_door(struct door *d);'],
  ['a.c', '  return open_door(d) {'],
  ['a.java', 'the class Door is opened by its handle'],
  ['a.txt', 'function readPath() {'],
])('in %s, %j is not certainly a definition', (path, line) => {
  expect(read(path, line)).toBeNull();
});
