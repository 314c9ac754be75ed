package serde

// CommonFrame is for tests that hold it against ParseFrame.
var CommonFrame = commonFrame
