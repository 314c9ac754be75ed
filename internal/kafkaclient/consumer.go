package kafkaclient

import (
	"context"
	"time"
)

// Batch is records of one partition in the order of their offsets.
type Batch struct {
	TopicPartition
	Records []Record
	// Rewound counts records that the client read a second time by itself, and that the
	// adapter left out.
	Rewound int
}

// Fetch is what one Poll brought. Poll appends to its fields; the owner clears them, and
// may use their memory again, but for Records, which are the owner's for good.
type Fetch struct {
	Batches []Batch
	// Ends are partitions that were read to their end: Offset is that of the next record,
	// behind control records such as the markers of transactions.
	Ends []Position
	// Errors are what went wrong since the last Poll.
	Errors []FetchError
}

// Reset empties the fetch and keeps its memory.
func (f *Fetch) Reset() {
	clear(f.Batches)
	f.Batches, f.Ends, f.Errors = f.Batches[:0], f.Ends[:0], f.Errors[:0]
}

// Empty reports whether nothing was brought.
func (f *Fetch) Empty() bool { return len(f.Batches) == 0 && len(f.Ends) == 0 && len(f.Errors) == 0 }

// FetchError is an error of the consumer. Topic is empty where it is of no partition, or the
// client does not say of which; Partition is [AnyPartition] where it is of a whole topic.
type FetchError struct {
	TopicPartition
	Err *Error
}

// Rebalancer takes the decisions of the group. Its methods run on the consumer's owner,
// inside Poll, and partitions change hands when they return.
type Rebalancer interface {
	// Assigned: the partitions are this member's from now on. It returns where to begin with
	// some of them; the others go on at the committed offset, or where auto.offset.reset says.
	// Fetching begins after it has returned: only then may the partitions be paused, moved or committed.
	Assigned(partitions []TopicPartition) []Position
	// Revoked: the partitions go to other members when it returns. Commit still works.
	Revoked(partitions []TopicPartition)
	// Lost: the partitions are other members' already. Nothing can be committed.
	Lost(partitions []TopicPartition)
}

// Place is a place in every partition: the beginning, the end, or a time.
type Place struct {
	End  bool      // the offset of the next record to be written
	Time time.Time // not zero: the first record with this timestamp or a later one, or the end
}

// GroupMetadata is a client's own description of a group membership, for the producer of the same client.
type GroupMetadata any

// Consumer reads records as a member of a group or from partitions of its choice.
type Consumer interface {
	// Subscribe joins the group for the topics; one that begins with "^" is a regular
	// expression. Poll then brings rebalances to r.
	Subscribe(topics []string, r Rebalancer) error
	// Leave gives up the subscription or the assignment, and leaves the group unless the
	// member is static. No callback of the Rebalancer is called; records that come meanwhile are dropped. It
	// waits until the group has taken note, at most for wait.
	Leave(wait time.Duration) error
	// Assign reads partitions without being a member. An Offset of -1 means
	// the committed offset, or where auto.offset.reset says.
	Assign(at []Position) error

	// Poll waits up to wait for something, and appends what is there at once to f. A Batch
	// has at most a few dozen records. Zero does not wait. Poll returns after a callback of the
	// Rebalancer without taking further records: what is in f was taken before it.
	Poll(wait time.Duration, f *Fetch)

	// Pause and Resume stop and restart the fetching of assigned partitions. Records that
	// are under way may still come after Pause.
	Pause(partitions []TopicPartition) error
	Resume(partitions []TopicPartition) error
	// Seek moves assigned partitions. No record from before comes after it.
	Seek(to []Position) error

	// Commit commits positions and waits for the answer. It may be called from any
	// goroutine, by one at a time. The error is the first of any partition.
	Commit(ctx context.Context, at []Position) error
	// CommitSoon is Commit for positions that may wait until the group allows it: a commit during a rebalance can cost
	// a member its partitions. It returns when they are committed, a partition was revoked ([NotMember]), or ctx is done;
	// they may be committed later then. The owner polls meanwhile.
	CommitSoon(ctx context.Context, at []Position) error
	// Committed are the group's committed offsets; Offset is -1 where there is none.
	Committed(ctx context.Context, of []TopicPartition) ([]Position, error)
	// ListOffsets asks the brokers where a place is. With read_committed the end is the last
	// stable offset.
	ListOffsets(ctx context.Context, of []TopicPartition, place Place) ([]Position, error)
	// End is the end of a partition as of the last fetch, without a request; ok is false
	// where it is not known yet.
	End(tp TopicPartition) (offset int64, ok bool)

	// GroupMetadata describes the membership of the moment for [Transactions.AddOffsets];
	// member is false where there is none.
	GroupMetadata() (m GroupMetadata, member bool, err error)
	// Connection is nil while a broker is reached, as far as is known, or none was tried yet.
	// Otherwise it names the brokers and the last connection error. From any goroutine.
	Connection() error
	// Name is the client's name in logs. From any goroutine.
	Name() string
	// Close ends the consumer; a member that is not static leaves the group. Nothing else is
	// called during or after it.
	Close() error
}
