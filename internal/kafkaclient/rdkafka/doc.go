// Package rdkafka implements package kafkaclient with librdkafka, through
// confluent-kafka-go. It is the only internal package that imports that client.
package rdkafka
