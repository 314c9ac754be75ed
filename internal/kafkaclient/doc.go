// Package kafkaclient is the seam between concord's runtime and a Kafka client.
// It holds neutral types (records, positions, errors) and the interfaces that an
// adapter implements; it imports no client. Package clienttest has the conformance
// suite that every adapter passes, and a scripted fake for tests with a fake clock.
//
// # Goroutines
//
// A [Consumer] belongs to one goroutine at a time, its owner: it calls every method
// except those that say otherwise. Callbacks of [Rebalancer] run on the owner, inside
// Poll. A [Producer] is safe for concurrent use, and calls its [Reporter] from one
// goroutine.
//
// # Memory
//
// A consumer gives its records away: nothing that it keeps refers to them. A producer
// copies what it needs of a record before Produce returns.
package kafkaclient
