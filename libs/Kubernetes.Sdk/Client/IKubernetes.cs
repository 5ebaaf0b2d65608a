namespace k8s;

/// <summary>A connection with a cluster's API.</summary>
public partial interface IKubernetes : IDisposable
{
    Uri BaseUri { get; set; }

    IBatchV1Operations BatchV1 { get; }

    ICoreV1Operations CoreV1 { get; }
}
