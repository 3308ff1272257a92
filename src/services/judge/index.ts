export { beginExam, endExam, examOf, listExams } from './exams.ts';
export { judgeRules } from './rules.ts';
