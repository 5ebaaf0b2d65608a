using System.Text;

namespace SkyDriver.Components.Tests;

/// <summary>Answers in capitals, and remembers what was done to it.</summary>
internal sealed class EchoBinding(string name, List<string> calls) : IOutputBinding, IAsyncDisposable
{
    public IReadOnlyCollection<string> Operations { get; } = ["Shout", "fail"];

    public Task InitAsync(IReadOnlyDictionary<string, string> properties, CancellationToken ct)
    {
        Note($"init {name} {properties.GetValueOrDefault("SIZE")}");
        return properties.TryGetValue("refuse", out string? why) ? throw new ComponentException(ComponentFault.InvalidRequest, why) : Task.CompletedTask;
    }

    public Task<BindingResponse> InvokeAsync(BindingRequest request, CancellationToken ct)
    {
        Note($"{request.Operation} {name}");
        return request.Operation switch
        {
            "shout" => Task.FromResult(new BindingResponse
            {
                Data = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(request.Data.Span).ToUpperInvariant()),
                Metadata = request.Metadata,
                ContentType = "text/plain",
            }),
            "fail" => throw Fault(request.Metadata["fault"]),
            _ => throw new InvalidOperationException($"no {request.Operation}"),
        };
    }

    public ValueTask DisposeAsync()
    {
        Note($"dispose {name}");
        return ValueTask.CompletedTask;
    }

    private static Exception Fault(string kind) => kind switch
    {
        "bug" => new InvalidOperationException("a bug"),
        "dictated" => new DaprErrorException(429, "ERR_TOO_LOUD", ComponentFault.ResourceExhausted, "be quiet"),
        _ => new ComponentException(Enum.Parse<ComponentFault>(kind), $"it was {kind}"),
    };

    private void Note(string call)
    {
        lock (calls) calls.Add(call);
    }
}
