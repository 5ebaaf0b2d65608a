namespace SkyDriver.IceCube;

/// <summary>Identity and time span of a readout (Q frame) or of one of its splits (P frame).</summary>
/// <param name="State">20 = complete and valid.</param>
/// <param name="SubEventId">Number of the split; meaningless, even garbage, in a Q frame.</param>
/// <param name="SubEventStream">Name of the splitter; empty in a Q frame.</param>
public sealed record EventHeader(
    long RunId, long SubRunId, long EventId, int State, long SubEventId, string SubEventStream, DaqTime Start, DaqTime End);
