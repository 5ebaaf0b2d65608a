namespace SkyDriver.Sidecar.Resources;

/// <summary>Resource files that cannot be used; the message lists every fault with its file, field and remedy.</summary>
internal sealed class ResourceException(IReadOnlyList<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    public ResourceException(string fault)
        : this([fault])
    {
    }

    public IReadOnlyList<string> Faults { get; } = faults;
}
