using k8s.Exceptions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace k8s;

/// <summary>What kubeconfig files say; of several, the first that names a thing counts.</summary>
internal sealed class KubeConfig
{
    private const int MaxBytes = 4 << 20;

    private readonly List<FileContent> _files = [];

    public string Source { get; private init; } = "";

    public string? CurrentContext => _files.Select(f => f.CurrentContext).FirstOrDefault(c => !string.IsNullOrEmpty(c));

    /// <exception cref="KubeConfigException">None of the files is there, or one cannot be read.</exception>
    public static KubeConfig Load(IReadOnlyList<string> paths, bool useRelativePaths)
    {
        KubeConfig config = new() { Source = string.Join(" and ", paths) };
        foreach (string path in paths.Where(File.Exists)) config._files.Add(Read(path, useRelativePaths));
        return config._files.Count > 0 ? config : throw new KubeConfigException($"There is no {config.Source}.");
    }

    public ContextDetails Context(string name) => Find(f => f.Contexts, name)?.Context
        ?? throw new KubeConfigException($"There is no context '{name}' in {Source}; there are: {string.Join(", ", _files.SelectMany(f => f.Contexts ?? []).Select(c => c.Name))}.");

    public ClusterDetails Cluster(string? name, string context) => Find(f => f.Clusters, name)?.Cluster
        ?? throw new KubeConfigException($"Context '{context}' names the cluster '{name}', which is not in {Source}.");

    public UserDetails User(string name, string context) => Find(f => f.Users, name)?.User
        ?? throw new KubeConfigException($"Context '{context}' names the user '{name}', who is not in {Source}.");

    private Named? Find(Func<FileContent, List<Named>?> part, string? name) => _files.SelectMany(f => part(f) ?? []).FirstOrDefault(n => n.Name == name);

    private static FileContent Read(string path, bool useRelativePaths)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes) throw new KubeConfigException($"{path} is larger than {MaxBytes} bytes; it is no kubeconfig.");
            IDeserializer yaml = new DeserializerBuilder().IgnoreUnmatchedProperties().Build();
            FileContent content = yaml.Deserialize<FileContent?>(File.ReadAllText(path)) ?? new();
            if (useRelativePaths) content.Anchor(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return content;
        }
        catch (Exception fault) when (fault is YamlException or IOException or UnauthorizedAccessException)
        {
            throw new KubeConfigException($"{path} cannot be read: {fault.Message}", fault);
        }
    }

    public sealed class ContextDetails
    {
        [YamlMember(Alias = "cluster")]
        public string? Cluster { get; set; }
        [YamlMember(Alias = "user")]
        public string? User { get; set; }
        [YamlMember(Alias = "namespace")]
        public string? Namespace { get; set; }
    }

    public sealed class ClusterDetails
    {
        [YamlMember(Alias = "server")]
        public string? Server { get; set; }
        [YamlMember(Alias = "certificate-authority")]
        public string? CertificateAuthority { get; set; }
        [YamlMember(Alias = "certificate-authority-data")]
        public string? CertificateAuthorityData { get; set; }
        [YamlMember(Alias = "insecure-skip-tls-verify")]
        public bool InsecureSkipTlsVerify { get; set; }
        [YamlMember(Alias = "tls-server-name")]
        public string? TlsServerName { get; set; }
    }

    public sealed class UserDetails
    {
        [YamlMember(Alias = "client-certificate")]
        public string? ClientCertificate { get; set; }
        [YamlMember(Alias = "client-certificate-data")]
        public string? ClientCertificateData { get; set; }
        [YamlMember(Alias = "client-key")]
        public string? ClientKey { get; set; }
        [YamlMember(Alias = "client-key-data")]
        public string? ClientKeyData { get; set; }
        [YamlMember(Alias = "token")]
        public string? Token { get; set; }
        [YamlMember(Alias = "tokenFile")]
        public string? TokenFile { get; set; }
        [YamlMember(Alias = "username")]
        public string? Username { get; set; }
        [YamlMember(Alias = "password")]
        public string? Password { get; set; }
        [YamlMember(Alias = "exec")]
        public ExecDetails? Exec { get; set; }
        [YamlMember(Alias = "auth-provider")]
        public Dictionary<string, object>? AuthProvider { get; set; }
    }

    public sealed class ExecDetails
    {
        [YamlMember(Alias = "command")]
        public string? Command { get; set; }
    }

    public sealed class Named
    {
        [YamlMember(Alias = "name")]
        public string? Name { get; set; }
        [YamlMember(Alias = "context")]
        public ContextDetails? Context { get; set; }
        [YamlMember(Alias = "cluster")]
        public ClusterDetails? Cluster { get; set; }
        [YamlMember(Alias = "user")]
        public UserDetails? User { get; set; }
    }

    private sealed class FileContent
    {
        [YamlMember(Alias = "current-context")]
        public string? CurrentContext { get; set; }
        [YamlMember(Alias = "contexts")]
        public List<Named>? Contexts { get; set; }
        [YamlMember(Alias = "clusters")]
        public List<Named>? Clusters { get; set; }
        [YamlMember(Alias = "users")]
        public List<Named>? Users { get; set; }

        /// <summary>Makes paths start from the file's folder.</summary>
        public void Anchor(string folder)
        {
            foreach (ClusterDetails cluster in (Clusters ?? []).Select(c => c.Cluster).OfType<ClusterDetails>()) cluster.CertificateAuthority = From(folder, cluster.CertificateAuthority);
            foreach (UserDetails user in (Users ?? []).Select(u => u.User).OfType<UserDetails>())
            {
                (user.ClientCertificate, user.ClientKey, user.TokenFile) = (From(folder, user.ClientCertificate), From(folder, user.ClientKey), From(folder, user.TokenFile));
            }
        }

        private static string? From(string folder, string? path) => string.IsNullOrEmpty(path) ? path : Path.Combine(folder, path);
    }
}
