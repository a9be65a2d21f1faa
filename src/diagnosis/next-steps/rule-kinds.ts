/** Rules about memory that was used or freed wrongly. */
export const MEMORY_BUG = /free|slab|poison|wild|corrupt|list|refcount|dangling|stray/;
/** Rules about too little memory. */
export const SHORT_OF_MEMORY = /oom|exhaust|memory|reclaim|swap|overcommit|page-cache|growth/;
/** Rules about tasks that wait, or CPUs that do not come back. */
export const STUCK = /dead-?lock|hung|hang|lockup|stall|wait|stuck|contention/;
export const HARDWARE = /hardware|bit-?flip|machine-check|mce/;
export const OVERFLOW = /stack-?overflow|overflow/;
