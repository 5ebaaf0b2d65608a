namespace SkyDriver.Components;

/// <summary>A system outside that apps send requests to (<c>bindings.{name}</c>).</summary>
public interface IOutputBinding : IComponent
{
    /// <summary>Names of its operations, read once after Init; callers may write them in any case. A sidecar refuses all others.</summary>
    IReadOnlyCollection<string> Operations { get; }

    /// <exception cref="ComponentException">The operation failed; the message reaches the app.</exception>
    Task<BindingResponse> InvokeAsync(BindingRequest request, CancellationToken ct);
}

/// <summary>A request of an app.</summary>
/// <param name="Operation">One of <see cref="IOutputBinding.Operations"/>, in lower case.</param>
/// <param name="Data">Sent over HTTP it is JSON text (a text has its quotes), over gRPC the bytes that were given; may be empty.</param>
/// <param name="Metadata">Names as the app wrote them, found in any case.</param>
public sealed record BindingRequest(string Operation, ReadOnlyMemory<byte> Data, IReadOnlyDictionary<string, string> Metadata);

/// <summary>The answer to a request.</summary>
public sealed record BindingResponse
{
    /// <summary>Empty answers the app with no content.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Reaches an HTTP caller as headers <c>metadata.{name}</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Of the data; null when it is not known.</summary>
    public string? ContentType { get; init; }
}
