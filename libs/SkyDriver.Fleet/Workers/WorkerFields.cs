using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Fleet;

/// <summary>Judges the members of a worker that a caller gives.</summary>
public static class WorkerFields
{
    public const int MostConcurrency = 100_000;

    public const int MostName = 128;

    public static void Check(NewWorkerV1 worker, List<string> faults)
    {
        CheckName("name", worker.Name, faults);
        CheckConcurrency("concurrency", worker.Concurrency, faults);
        if (worker.Prefetch is { } prefetch) CheckConcurrency("prefetch", prefetch, faults);
        if (worker.Batch is { } batch) CheckBatch(batch, faults);
        CheckShort(faults, ("hostname", worker.Hostname), ("flavor", worker.Flavor), ("provider", worker.Provider), ("region", worker.Region), ("launcher_id", worker.LauncherId));
        CheckStatus(worker.Status, faults);
    }

    public static void Check(WorkerFieldsV1 fields, List<string> faults)
    {
        if (fields.Name is { } name) CheckName("name", name, faults);
        if (fields.Concurrency is { } concurrency) CheckConcurrency("concurrency", concurrency, faults);
        if (fields.Prefetch is { } prefetch) CheckConcurrency("prefetch", prefetch, faults);
        if (fields.Batch is { } batch) CheckBatch(batch, faults);
        if (fields.EvictionAction is not (null or "none" or "delete" or "replace")) faults.Add($"eviction_action '{fields.EvictionAction}' is not known; use none, delete or replace.");
        CheckShort(faults, ("hostname", fields.Hostname), ("flavor", fields.Flavor), ("provider", fields.Provider), ("region", fields.Region));
        CheckStatus(fields.Status, faults);
    }

    /// <summary>A batch's name is part of addresses and of keys.</summary>
    public static void CheckBatch(string batch, List<string> faults)
    {
        if (batch.Contains('/')) faults.Add($"batch '{batch}' contains a slash; use another character.");
        else CheckName("batch", batch, faults);
    }

    private static void CheckName(string member, string name, List<string> faults)
    {
        if (name.Length is 0 or > MostName || name.Any(char.IsControl) || name != name.Trim()) faults.Add($"{member} must be 1 to {MostName} printable characters without blanks around them.");
    }

    private static void CheckConcurrency(string member, int value, List<string> faults)
    {
        if (value is < 0 or > MostConcurrency) faults.Add($"{member} {value} is out of range; use 0 to {MostConcurrency}.");
    }

    private static void CheckStatus(string? status, List<string> faults)
    {
        if (status is not null && !States.TryParse(status, out WorkerStatus _)) faults.Add($"status '{status}' is not known; use one of {string.Join(", ", FleetWorkerStatus.All)}.");
    }

    private static void CheckShort(List<string> faults, params (string Member, string? Text)[] texts)
    {
        foreach ((string member, string? text) in texts)
            if (text is { Length: > 1024 }) faults.Add($"{member} is {text.Length} characters, and 1024 is the limit.");
    }
}
