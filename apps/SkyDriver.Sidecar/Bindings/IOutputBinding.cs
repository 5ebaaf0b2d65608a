namespace SkyDriver.Sidecar.Bindings;

/// <summary>A system outside that apps send requests to.</summary>
internal interface IOutputBinding : IAsyncDisposable
{
    /// <summary>False when the process behind it turned out to have no output.</summary>
    bool IsServed => true;

    /// <summary>Operations it knows, in lower case.</summary>
    Task<IReadOnlyList<string>> ListOperationsAsync(CancellationToken ct);

    /// <exception cref="Exception">Any fault; its message reaches the caller.</exception>
    Task<BindingAnswer> InvokeAsync(BindingRequest request, CancellationToken ct);
}

internal sealed record BindingRequest(string Operation, byte[] Data, IReadOnlyDictionary<string, string> Metadata);

internal sealed record BindingAnswer(byte[] Data, IReadOnlyDictionary<string, string> Metadata)
{
    public static BindingAnswer Empty { get; } = new([], new Dictionary<string, string>());
}

/// <summary>A binding that is started in the background, because it may have to wait for another process.</summary>
internal interface IStartsLate
{
    /// <summary>Ends when the component can be used.</summary>
    /// <exception cref="Resources.ResourceException">It cannot, ever.</exception>
    Task StartAsync(CancellationToken ct);
}
