// Package handle is the workers of the consumer: they take records from queues, decode and handle them, ask the policy
// about failures, and republish records to dead-letter and retry topics. The owner of the client, package
// consume, gives them partitions and items, and looks in package inflight at what they have done.
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
package handle
