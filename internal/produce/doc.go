// Package produce is the producer without its types: it queues serialized records in a
// [kafkaclient.Producer], matches reports with the calls that wait for them, and closes the
// client when nothing uses it any more.
//
// # A message's way
//
// [Sender.NewMessage] gives a pooled message, which the caller fills in. [Sender.Produce] and
// [Sender.ProduceAsync] count it in, queue it, and take it back; the client has copied it by
// then. What remains is a pending delivery: the token that comes back with the report. It
// belongs to a flush group, the messages between two flushes, and leaves it with its result.
// A message whose result nobody asks for has neither: it is anonymous and only counted.
//
// An [Output] is a message that is kept, and may be written several times, by the transactions
// of internal/transact.
//
// # Use of the client
//
// A client must not be used during or after its Close. Messages that are counted in keep it
// open, and so does everybody between [Sender.Use] and its release. [Sender.Close] refuses
// both from its beginning, waits for those that are there, and closes the client after the
// last one.
package produce
