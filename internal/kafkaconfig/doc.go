// Package kafkaconfig reads and checks the settings of a Kafka client. The names are
// librdkafka's (https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md).
// It adds the defaults that a Producer and a Consumer promise, and refuses settings that
// contradict them. It imports no client.
package kafkaconfig
