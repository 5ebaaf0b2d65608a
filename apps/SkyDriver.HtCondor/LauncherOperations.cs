using System.Text.Json.Serialization;
using SkyDriver.Components.Launchers;
using SkyDriver.HtCondor.Settings;
using SkyDriver.HtCondor.Submissions;

namespace SkyDriver.HtCondor;

/// <summary>What the launcher answers.</summary>
internal sealed class LauncherOperations(Launcher launcher) : LauncherContract
{
    /// <summary>A text that can stand in a job ad, encoded.</summary>
    public static bool CanBeEncoded(string text) => SubmitText.FaultOf(text.Replace("$", "", StringComparison.Ordinal)) is null;

    protected override int MostWorkers => RequestLimits.MostJobs;

    protected override bool IsSafe(string name) => CanBeEncoded(name);

    protected override async Task<object> DeployAsync(DeployRequest request, List<string> faults, CancellationToken ct)
    {
        Place? place = launcher.Find(request.Place);
        if (place is null) faults.Add($"place {(request.Place is null ? "must be given" : $"'{request.Place}' is not known")}; use one of: {string.Join(", ", launcher.Names)}");
        if (request.Resources?.Image is { } image && !SettingsText.IsImage(image)) faults.Add("resources.image must be an image's name or path, of letters, digits and . _ : / @ + -");
        ThrowIfFaulty(faults);
        DeployOrder order = new(request.ScanId, request.Count, request.IdempotencyKey, request.Env ?? [], Resources(request.Resources ?? new(), place!.Settings.Template.Defaults));
        DeployOutcome outcome = await place.DeployAsync(order, ct);
        return new DeployAnswer(
            outcome.Submission is { } made ? [.. Enumerable.Range(0, made.Count).Select(proc => new WorkerName(place.Name, made.ClusterId, proc).ToString())] : [],
            outcome.Submission is { } cluster ? new(place.Settings.Collector ?? "", place.Settings.Schedd ?? "", cluster.ClusterId) : null,
            outcome.Denied);
    }

    protected override async Task<object> ListAsync(ListRequest request, CancellationToken ct) => await launcher.ListAsync(request.ScanId, Only(request.Place), ct);

    protected override Task<int> RemoveWorkersAsync(RemoveRequest request, CancellationToken ct) => launcher.RemoveAsync(request.ScanId, request.Ids, Only(request.Place), ct);

    protected override async Task<object> LogsAsync(LogsRequest request, int tailBytes, CancellationToken ct) =>
        new { logs = await launcher.LogsAsync(request.ScanId, request.Ids, Only(request.Place), tailBytes, ct) };

    private static JobResources Resources(ResourceRequest given, JobResources defaults) => new(
        given.Cpus ?? defaults.Cpus,
        given.MemoryBytes ?? defaults.MemoryBytes,
        given.DiskBytes ?? defaults.DiskBytes,
        given.Image ?? defaults.Image,
        given.MaxRunSeconds is { } wanted && defaults.MaxRunSeconds is { } most ? Math.Min(wanted, most) : given.MaxRunSeconds ?? defaults.MaxRunSeconds,
        given.Priority ?? defaults.Priority);

    private Place? Only(string? place) => place is null ? null : launcher.Find(place) ?? throw Invalid($"place '{place}' is not known; use one of: {string.Join(", ", launcher.Names)}");

    private sealed record DeployAnswer(
        IReadOnlyList<string> Workers,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ClusterAnswer? Cluster,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Denial? Denied);

    private sealed record ClusterAnswer(string Collector, string Schedd, long ClusterId);
}
