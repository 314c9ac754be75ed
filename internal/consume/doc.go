// Package consume is the consumer without its types: it polls a [kafkaclient.Consumer], hands
// records to workers, asks the policy about failures, and commits what is done.
//
// # Goroutines
//
// The goroutine that called [Engine.Run] owns the client: it polls, pauses, seeks, and begins
// commits. Workers decode and handle records: one for each partition ([InOrder]), or a fixed
// number that share the partitions ([ByKey], [Unordered]). They meet in package inflight: workers
// mark records as done, the owner reconciles, every few milliseconds, what that changed.
//
// # The end of a record
//
// Each record ends with an [Outcome]. Handled, skipped, dead-lettered and delayed records are
// done, and the position of their partition may move past them. An abandoned record is not: its
// run or its partition ended first, and whoever reads on begins with it. A failed record ends
// the run. No other code decides about positions.
//
// # Waits
//
// Whatever waits on behalf of a record (a retry, a recovery, a retry topic's delay, the limit of dead
// letters, the topic it is republished to) ends when the run stops or the partition closes. Handlers
// may go on until the drain timeout; then their context ends.
//
// A handler that goes on after that is a straggler: its record will be redelivered. If its partition comes
// back, or was only moved by Seek, no other handler begins there before the straggler has returned.
package consume
