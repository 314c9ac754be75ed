// Package inflight keeps account of records between a Kafka client and their handlers:
// queues, the position up to which a partition is done, how much of it is in flight, and
// why it is paused. It knows nothing of Kafka.
package inflight
