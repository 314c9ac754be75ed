//go:build cgo

package rdkafka

import (
	"github.com/confluentinc/confluent-kafka-go/v2/kafka"

	"github.com/concord-go/concord/internal/kafkaclient"
)

// kindOf is the kind of a code where the call makes no difference.
func kindOf(code kafka.ErrorCode) kafkaclient.Kind {
	switch code {
	case kafka.ErrTransport, kafka.ErrAllBrokersDown, kafka.ErrResolve, kafka.ErrSsl, kafka.ErrNetworkException, kafka.ErrDestroyBroker:
		return kafkaclient.Unreachable
	case kafka.ErrTimedOut, kafka.ErrTimedOutQueue, kafka.ErrMsgTimedOut, kafka.ErrRequestTimedOut:
		return kafkaclient.TimedOut
	case kafka.ErrUnknownTopicOrPart, kafka.ErrUnknownTopic, kafka.ErrUnknownPartition, kafka.ErrUnknownTopicID:
		return kafkaclient.UnknownTopic
	case kafka.ErrTopicAuthorizationFailed, kafka.ErrGroupAuthorizationFailed, kafka.ErrClusterAuthorizationFailed,
		kafka.ErrTransactionalIDAuthorizationFailed, kafka.ErrDelegationTokenAuthorizationFailed, kafka.ErrAuthentication,
		kafka.ErrSaslAuthenticationFailed, kafka.ErrUnsupportedSaslMechanism, kafka.ErrIllegalSaslState:
		return kafkaclient.Denied
	case kafka.ErrQueueFull:
		return kafkaclient.QueueFull
	case kafka.ErrMsgSizeTooLarge, kafka.ErrInvalidMsgSize, kafka.ErrRecordListTooLarge, kafka.ErrInvalidRecord,
		kafka.ErrInvalidTimestamp, kafka.ErrPolicyViolation:
		return kafkaclient.MessageRefused
	case kafka.ErrFenced, kafka.ErrProducerFenced, kafka.ErrInvalidProducerEpoch, kafka.ErrFencedInstanceID, kafka.ErrUnreleasedInstanceID:
		return kafkaclient.Fenced
	case kafka.ErrIllegalGeneration, kafka.ErrUnknownMemberID, kafka.ErrRebalanceInProgress, kafka.ErrStaleMemberEpoch,
		kafka.ErrFencedMemberEpoch, kafka.ErrAssignmentLost, kafka.ErrMaxPollExceeded:
		return kafkaclient.NotMember
	case kafka.ErrNoOffset, kafka.ErrAutoOffsetReset:
		return kafkaclient.NoOffset
	case kafka.ErrOffsetOutOfRange, kafka.ErrLogTruncation:
		return kafkaclient.OutOfRange
	case kafka.ErrBadCompression:
		return kafkaclient.Corrupt
	case kafka.ErrPurgeQueue, kafka.ErrPurgeInflight:
		return kafkaclient.Purged
	case kafka.ErrDestroy:
		return kafkaclient.Closed
	case kafka.ErrState, kafka.ErrInvalidArg, kafka.ErrConflict, kafka.ErrNotConfigured, kafka.ErrExistingSubscription, kafka.ErrInvalidConfig,
		kafka.ErrInvalidGroupID, kafka.ErrInvalidSessionTimeout, kafka.ErrInconsistentGroupProtocol, kafka.ErrUnsupportedFeature,
		kafka.ErrUnsupportedVersion, kafka.ErrInvalidTxnState, kafka.ErrInvalidTransactionTimeout, kafka.ErrTopicException,
		kafka.ErrUnsupportedAssignor, kafka.ErrInvalidRegularExpression, kafka.ErrInvalidRequest:
		return kafkaclient.Invalid
	}
	return kafkaclient.Other
}

// isRetriable reports whether Kafka's protocol calls a code retriable. The client's own flag is
// set by calls of transactions only.
func isRetriable(code kafka.ErrorCode) bool {
	switch code {
	case kafka.ErrLeaderNotAvailable, kafka.ErrNotLeaderForPartition, kafka.ErrBrokerNotAvailable, kafka.ErrReplicaNotAvailable,
		kafka.ErrCoordinatorLoadInProgress, kafka.ErrCoordinatorNotAvailable, kafka.ErrNotCoordinator, kafka.ErrWaitCoord,
		kafka.ErrNotEnoughReplicas, kafka.ErrNotEnoughReplicasAfterAppend, kafka.ErrNotController, kafka.ErrConcurrentTransactions,
		kafka.ErrKafkaStorageError, kafka.ErrFetchSessionIDNotFound, kafka.ErrInvalidFetchSessionEpoch, kafka.ErrListenerNotFound,
		kafka.ErrFencedLeaderEpoch, kafka.ErrUnknownLeaderEpoch, kafka.ErrOffsetNotAvailable, kafka.ErrUnstableOffsetCommit,
		kafka.ErrThrottlingQuotaExceeded, kafka.ErrInvalidDifferentRecord, kafka.ErrPrevInProgress, kafka.ErrInProgress, kafka.ErrRetry,
		kafka.ErrQueueFull:
		return true
	}
	return false
}
