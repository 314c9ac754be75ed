// Package consume is the consumer without its types: it polls a [kafkaclient.Consumer], gives
// records to the workers of package handle, and commits what is done.
//
// # Goroutines
//
// The goroutine that called [Engine.Run] owns the client: it polls, pauses, seeks, and begins
// commits. Workers decode and handle records: one for each partition ([InOrder]), or a fixed
// number that share the partitions ([ByKey], [Unordered]). They meet in package inflight: workers
// mark records as done, the owner reconciles, every few milliseconds, what that changed.
//
// # Stragglers
//
// A handler that goes on after the drain timeout is a straggler: its record will be redelivered. If its partition comes
// back, or was only moved by Seek, no other handler begins there before the straggler has returned.
package consume
