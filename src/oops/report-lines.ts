/** What lines of reports look like: traces, registers, headers, dumps of memory and locks. */
const REPORT_LINE =
  /\+0x[0-9a-f]+\/0x|^\s*(?:\[<|Call [Tt]race|CPU: |CPU \d|Hardware name|Modules linked in|Code: |R[A-Z0-9]{2}: |[RE]IP\b|[RE][A-D]X: |CS: |CR2|DR\d|FS: |PGD |pgd|\[[0-9a-f]{8,}\]|[xX]\d+ ?: |pc : |lr : |sp : |pstate|ESR|Mem abort|Data abort| {1,2}(?:SET|EA|CM|ISV|EC|FSC) = |#\d|-> #|Krnl|GPRS|NIP|LR |GPR\d|Call Trace|stack backtrace|other info|[Rr]ead of|[Ww]rite of|Allocated|Freed|The buggy|page:|flags:|raw:|Memory state|[> ][0-9a-f]{12,}|task:|Workqueue|<\/?[A-Z#]+>|RSP|Oops|Process |Stack|Dumping|Internal|Object |Bytes |Redzone|Padding|INFO: |\d+ locks? held|=====|-----|---\[|Kernel (?:Offset|panic)|Rebooting|Tainted|Not tainted|Mem-Info|Node \d|lowmem|Showing|NMI backtrace|Sending NMI|rcu|backtrace:|hex dump|comm "|possible|Possible|the existing|but task|which lock|which became|\{|\.\.\.|\*\*\*|[0-9a-f]{8}(?: [0-9a-f]{8}){3}|(?:[0-9a-f]{16} ){2})/;

/** Whether a line looks like part of a report. Blank ones do: kernels print them between paragraphs. */
export function looksLikeReport(text: string): boolean {
  return text.length < 2 || REPORT_LINE.test(text);
}
