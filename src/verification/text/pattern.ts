/** Text that a regular expression reads as it stands. (`RegExp.escape` needs a later Node than ours may be.) */
export const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
