/**
 * The words of this project. One thing has one word, in code, logs, pages and documentation alike. CONTRIBUTING shows
 * them too, and a test keeps the two the same.
 */
export const glossary: Record<string, string> = {
  construct: 'An AI service that claims to understand code changes, by the name its owner gives it.',
  oracle:
    'What is called to ask a construct: an address or a callable that answers questions about one change.',
  'ground truth': 'A merged change as the repository has it: title, description, diff and files.',
  sample: 'The changes that a run draws from a repository, in an order that its seed fixes.',
  reserve: 'Further changes in that order, which replace those that no answer key can be made for.',
  replay: 'One change put to the oracle as if it were new: question, answer and verdicts.',
  claim: 'One statement of an oracle’s answer about the change.',
  judge: 'What makes answer keys and gives verdicts: a model behind a provider’s API, or the offline check.',
  'answer key':
    'The important changes and one factual question that the judge writes from the ground truth alone.',
  verdict: 'A judge’s decision on one claim, one change of the key, or the reply; a quote must support it.',
  precision:
    'The share of the counted claims that a judge supports with a quote which code finds in the diff.',
  recall: 'The share of the key’s changes that the summary surfaces.',
  'reply accuracy': 'How well the reply answers the key’s question: 0 to 1 in quarters.',
  composite: 'The weighted mean of precision, recall and reply accuracy.',
  'oracle failure': 'A question that the oracle did not answer: it scores 0 and stays in the denominator.',
  unscored: 'A replay that the verifier itself could not score: it is left out of the means and counted.',
  canary:
    'A claim of known truth, put unmarked among the oracle’s, that shows how far a judge can be trusted.',
  exam: 'A fixed, public set of claims of known truth, which shows before a run how far a judge can be trusted.',
  pair: 'A true and a false claim of the exam about the same fact of the same change.',
  way: 'In what a false claim differs from the true one: direction, value, name, condition or cause.',
  baseline: 'An answer that has only title and description, judged like an oracle’s.',
  lift: 'How far the oracle’s scores are above the baseline’s.',
  agreement: 'How far another judge, asked about a share of the replays, gives the same verdicts.',
  certificate: 'The public document of a run’s scores, their intervals and the evidence for them.',
  audit:
    'The owner’s own labels for some of a certificate’s claims, given without being shown the judge’s verdicts, and kept beside the certificate.',
  provisional: 'Said of a certificate with fewer scored replays than its owner asked for.',
  run: 'One job for the verifier: draw a sample, replay it, certify it.',
  attempt: 'One effort to get a certificate: a run and every run that resumes it.',
  resume: 'To continue a stopped run as a new one: the same attempt, and nothing stored is paid for again.',
  retry: 'To repeat a run on the same changes: a new attempt.',
  try: 'One execution of a job; the queue repeats it while tries are left.',
  bench: 'A program that measures.',
  rig: 'What sets up a test.',
};
