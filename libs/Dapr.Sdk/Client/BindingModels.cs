namespace Dapr.Client;

/// <summary>A call of an output binding with raw bytes.</summary>
public sealed class BindingRequest
{
    public BindingRequest(string bindingName, string operation)
    {
        ArgumentException.ThrowIfNullOrEmpty(bindingName);
        ArgumentException.ThrowIfNullOrEmpty(operation);
        (BindingName, Operation) = (bindingName, operation);
    }

    public string BindingName { get; }

    public string Operation { get; }

    public ReadOnlyMemory<byte> Data { get; set; }

    public Dictionary<string, string> Metadata { get; } = [];
}

/// <summary>What an output binding answered.</summary>
public sealed class BindingResponse
{
    public BindingResponse(BindingRequest request, ReadOnlyMemory<byte> data, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(metadata);
        (Request, Data, Metadata) = (request, data, metadata);
    }

    public BindingRequest Request { get; }

    public ReadOnlyMemory<byte> Data { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }
}
