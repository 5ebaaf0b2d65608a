namespace SkyDriver.Contracts;

// Arguments and answers of the scan actor for workers that fetch their batches instead of hearing them from the broker.

/// <summary>Asks for one batch for each of these workers.</summary>
public sealed record LeaseWorkV1(IReadOnlyList<WorkWantedV1> Wants);

/// <param name="Slots">Batches that the worker reconstructs at the same time; it never holds more leases.</param>
public sealed record WorkWantedV1(string WorkerId, int Slots);

/// <param name="State">One of <see cref="ScanActorState"/>.</param>
/// <param name="Granted">In no order; at most one for each want.</param>
public sealed record LeasedWorkV1(string State, IReadOnlyList<LeaseV1> Granted);

/// <param name="Number">Number of the batch: grows with every lease and is never given twice, so it fences.</param>
/// <param name="Seconds">How long it holds unless it is renewed.</param>
/// <param name="Batch">A <see cref="PixelBatchV1"/> in its binary form.</param>
/// <param name="Trace">W3C context that it belongs to; null when nobody records it.</param>
public sealed record LeaseV1(string WorkerId, long Number, double Seconds, byte[] Batch, string? Trace = null);

/// <summary>The answer to a leased batch.</summary>
/// <param name="Batch">A <see cref="RecoBatchV1"/> in its binary form; its batch number names the lease.</param>
/// <param name="WantsNext">The worker takes another batch at once.</param>
public sealed record SettleLeaseV1(byte[] Batch, bool WantsNext = false);

/// <param name="IsTaken">False when the lease was over: nothing of it counts.</param>
/// <param name="Next">The next batch, where one was wanted and there was one. Whoever repeats an answer gets the same again.</param>
public sealed record LeaseSettledV1(string State, bool IsTaken, LeaseV1? Next = null);

/// <summary>A worker says that it is there, and which leases it works on or gives back.</summary>
public sealed record TendLeasesV1(string WorkerId, int Slots, IReadOnlyList<long> Held, IReadOnlyList<long> GivenBack);

/// <param name="Over">Those of the held ones that are over: the worker drops that work.</param>
/// <param name="Seconds">How long the others hold from now.</param>
public sealed record LeasesTendedV1(string State, IReadOnlyList<long> Over, double Seconds);
