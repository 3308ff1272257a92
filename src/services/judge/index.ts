export { judgeRules } from './rules.ts';
