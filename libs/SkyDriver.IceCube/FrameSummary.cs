namespace SkyDriver.IceCube;

/// <summary>What a frame of the message held.</summary>
/// <param name="Stream">G, C, D, Q or P.</param>
public sealed record FrameSummary(char Stream, IReadOnlyList<SlotSummary> Slots);

/// <summary>One named object of a frame.</summary>
/// <param name="Key">Unique in its frame.</param>
/// <param name="TypeName">As the writer's compiler printed it; informative only.</param>
/// <param name="ClassName">The class the object says it is; empty for a null object.</param>
/// <param name="Version">Of that class.</param>
/// <param name="Length">Bytes of the stored object.</param>
public sealed record SlotSummary(string Key, string TypeName, string ClassName, int Version, int Length);
