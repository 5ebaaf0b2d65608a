using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace SkyDriver.Conformance.Tests;

/// <summary>Runs a theory over HTTP and over gRPC; what is given here are its further arguments.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class BothProtocolsAttribute(params object?[] more) : DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker) =>
        new([.. Enum.GetValues<Protocol>().Select(protocol => new TheoryDataRow([protocol, .. more]))]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
