using System.Security.Cryptography;
using System.Text;

namespace Dapr.Workflow.Worker;

/// <summary>Ids that come out the same in every replay: version 5 UUIDs (RFC 9562, section 5.5) of what never changes.</summary>
internal sealed class DeterministicIds
{
    private static readonly Guid Root = new("6f927a2e-9c7e-4a1d-9b8d-7a86f2e7f62f");

    private readonly string _instanceId;
    private readonly Guid _namespace;
    private int _issued;

    public DeterministicIds(string instanceId, string? executionId)
    {
        string scope = string.IsNullOrEmpty(executionId) ? instanceId : executionId;
        _instanceId = instanceId;
        _namespace = Guid.TryParse(scope, out var parsed) ? parsed : Version5(Root, scope);
    }

    public Guid Next() => Version5(_namespace, $"{_instanceId}_{_issued++}");

    /// <summary>Names one attempt of an activity, however often it is delivered.</summary>
    public string TaskExecution(int taskId, string name) => Version5(_namespace, $"{_instanceId}|activity|{taskId}|{name}").ToString("N");

    internal static Guid Version5(Guid space, string name)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        byte[] input = [.. space.ToByteArray(bigEndian: true), .. text];
        var hash = SHA1.HashData(input).AsSpan(0, 16);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x50);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true);
    }
}
