using Microsoft.Extensions.Configuration;

namespace Dapr.Common;

/// <summary>What all clients of Dapr have in common.</summary>
public interface IDaprClient : IDisposable;

/// <summary>Settings that the builders of newer clients share; what is not set comes from the environment.</summary>
public abstract class DaprGenericClientBuilder<TClientBuilder>
    where TClientBuilder : class, IDaprClient
{
    protected DaprGenericClientBuilder(IConfiguration? configuration = null)
    {
        GrpcEndpoint = DaprDefaults.GrpcEndpoint(configuration);
        DaprApiToken = DaprDefaults.ApiToken(configuration) ?? "";
    }

    /// <summary>Empty when there is none.</summary>
    public string DaprApiToken { get; private set; }

    internal string GrpcEndpoint { get; private set; }

    public DaprGenericClientBuilder<TClientBuilder> UseGrpcEndpoint(string grpcEndpoint)
    {
        ArgumentException.ThrowIfNullOrEmpty(grpcEndpoint);
        GrpcEndpoint = grpcEndpoint;
        return this;
    }

    public DaprGenericClientBuilder<TClientBuilder> UseDaprApiToken(string apiToken)
    {
        DaprApiToken = apiToken;
        return this;
    }

    public abstract TClientBuilder Build();
}
