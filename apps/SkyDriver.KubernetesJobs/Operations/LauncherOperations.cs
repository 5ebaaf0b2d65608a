using SkyDriver.Components.Launchers;
using SkyDriver.KubernetesJobs.Cluster;
using SkyDriver.KubernetesJobs.Jobs;

namespace SkyDriver.KubernetesJobs.Operations;

/// <summary>What the launcher answers.</summary>
internal sealed class LauncherOperations(JobLauncher launcher) : LauncherContract
{
    /// <summary>Kubernetes bounds a whole object to about 1.5 MB.</summary>
    protected override int MaxEnvironmentLength => 256 << 10;

    protected override async Task<object> DeployAsync(DeployRequest request, List<string> faults, CancellationToken ct)
    {
        ClusterPlace? place = launcher.FindPlace(request.Place);
        string? image = Images.Resolve(request.Resources?.Image, launcher.Settings.Pod);
        if (place is null) faults.Add(Unknown(request.Place));
        if (image is null) faults.Add($"resources.image is '{request.Resources?.Image}'; it is no image, or none that this launcher may start; give a tag of {launcher.Settings.Pod.Image}, or have it added to allowedImages");
        ThrowIfFaulty(faults);
        return await launcher.DeployAsync(place!, request, image!, ct);
    }

    protected override async Task<object> ListAsync(ListRequest request, CancellationToken ct) =>
        request.Place is { } place && launcher.FindPlace(place) is null ? throw Invalid(Unknown(place)) : await launcher.ListAsync(request.ScanId, request.Place, ct);

    protected override Task<int> RemoveWorkersAsync(RemoveRequest request, CancellationToken ct) => launcher.RemoveAsync(request.ScanId, request.Ids, ct);

    protected override async Task<object> LogsAsync(LogsRequest request, int tailBytes, CancellationToken ct) => new { logs = await launcher.LogsAsync(request.ScanId, request.Ids, tailBytes, ct) };

    private string Unknown(string? place) => $"place is '{place}'; use one of: {string.Join(", ", launcher.Settings.Places.Select(p => p.Name))}";
}
