using Dapr.Client;
using SkyDriver.Contracts;

namespace SkyDriver.Hosting.Doctor;

/// <summary>The sidecar answers, and says which components it has.</summary>
internal sealed class SidecarProbe(DaprClient dapr) : ISystemProbe
{
    public string Name => "sidecar";

    public string Remedy => "Look at the log of this service's sidecar; in Kubernetes: kubectl logs POD -c daprd.";

    public async Task<IReadOnlyList<SystemCheckV1>> RunAsync(CancellationToken cancellationToken)
    {
        if (!await dapr.CheckOutboundHealthAsync(cancellationToken)) return [SystemCheckV1.Failed(Name, "it says that it is not ready", Remedy)];
        DaprMetadata metadata = await dapr.GetMetadataAsync(cancellationToken);
        return [SystemCheckV1.Ok(Name, string.Join(", ", metadata.Components.Select(c => $"{c.Name} ({c.Type})").Order(StringComparer.Ordinal)))];
    }
}
