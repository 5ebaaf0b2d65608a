namespace SkyDriver.HtCondor.Settings;

/// <summary>What one job asks of its machine.</summary>
/// <param name="Image">Null runs the command without a container.</param>
/// <param name="MaxRunSeconds">Null sets no limit.</param>
/// <param name="Priority">Among the jobs of the same owner; larger is sooner.</param>
internal sealed record JobResources(int Cpus, long MemoryBytes, long DiskBytes, string? Image, int? MaxRunSeconds, int Priority);
