using System.Globalization;
using System.Text;
using Npgsql;

namespace SkyDriver.Sidecar.State;

/// <summary>Connection strings as users of Dapr write them: <c>host=… user=…</c>, <c>postgres://…</c>, and those of .NET.</summary>
internal static class PostgresConnectionText
{
    /// <param name="more">Fields by their names in libpq, which count more than those of the text.</param>
    /// <exception cref="FormatException">The text is in none of the forms; the message says why, without any value, as one may be a password.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text, IReadOnlyDictionary<string, string> more)
    {
        bool url = text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);
        NpgsqlConnectionStringBuilder? ready = !url && text.Contains(';', StringComparison.Ordinal) ? OfDotNet(text) : null;
        Dictionary<string, string> fields = new(StringComparer.OrdinalIgnoreCase);
        if (ready is null)
        {
            foreach ((string name, string value) in url ? UrlFields(text) : KeywordFields(text)) fields[name] = value;
        }

        foreach ((string name, string value) in more) fields[name] = value;
        NpgsqlConnectionStringBuilder builder = ready ?? [];
        Address(builder, fields);
        foreach ((string name, string value) in fields) Set(builder, name, value);
        return builder;
    }

    private static NpgsqlConnectionStringBuilder? OfDotNet(string text)
    {
        try
        {
            return new(text);
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException)
        {
            return null;   // a password with a semicolon in the other form, perhaps
        }
    }

    /// <summary>Several hosts are told with their ports in one field here, and in two in libpq; an address goes before a name.</summary>
    private static void Address(NpgsqlConnectionStringBuilder builder, Dictionary<string, string> fields)
    {
        fields.Remove("host", out string? host);
        if (fields.Remove("hostaddr", out string? address)) host = address;
        fields.Remove("port", out string? ports);
        builder.Host = string.IsNullOrEmpty(host) ? builder.Host ?? "localhost" : host;
        if (string.IsNullOrEmpty(ports)) return;
        string[] each = ports.Split(',');
        foreach (string port in each)
        {
            if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) || number == 0) throw new FormatException("'port' is no number from 1 to 65535");
        }

        string[] hosts = builder.Host.Split(',');
        if (each.Length > 1 && each.Length != hosts.Length) throw new FormatException("there are more or fewer ports than hosts");
        if (each.Length == 1) builder.Port = int.Parse(each[0], CultureInfo.InvariantCulture);
        else builder.Host = string.Join(',', hosts.Zip(each, (h, p) => $"{h}:{p}"));
    }

    private static void Set(NpgsqlConnectionStringBuilder builder, string name, string value)
    {
        try
        {
            switch (name.ToLowerInvariant())
            {
                case "user": builder.Username = value; break;
                case "password": builder.Password = value; break;
                case "dbname" or "database": builder.Database = value; break;
                case "connect_timeout": builder.Timeout = Number(value); break;
                case "application_name" or "fallback_application_name": builder.ApplicationName = value; break;
                case "client_encoding": builder.ClientEncoding = value; break;
                case "passfile": builder.Passfile = value; break;
                case "options": AddOption(builder, value); break;
                case "sslmode": builder.SslMode = Enum.Parse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true); break;
                case "sslrootcert": builder.RootCertificate = value; break;
                case "sslcert": builder.SslCertificate = value; break;
                case "sslkey": builder.SslKey = value; break;
                case "sslpassword": builder.SslPassword = value; break;
                case "target_session_attrs": builder.TargetSessionAttributes = value; break;
                case "keepalives_idle": builder.TcpKeepAliveTime = Number(value); break;
                case "pool_max_conns": builder.MaxPoolSize = Number(value); break;
                case "pool_min_conns": builder.MinPoolSize = Number(value); break;
                case "keepalives" or "statement_cache_capacity" or "description_cache_capacity" or "default_query_exec_mode": break;
                case "pool_max_conn_lifetime" or "pool_max_conn_lifetime_jitter" or "pool_max_conn_idle_time" or "pool_health_check_period": break;
                default: AddOption(builder, $"-c {name}={value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(" ", "\\ ", StringComparison.Ordinal)}"); break;
            }
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or OverflowException)
        {
            throw new FormatException($"the value of '{name}' does not fit");
        }
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>What is no field of a connection is a setting of its sessions, such as <c>search_path</c>.</summary>
    private static void AddOption(NpgsqlConnectionStringBuilder builder, string option) =>
        builder.Options = string.IsNullOrEmpty(builder.Options) ? option : $"{builder.Options} {option}";

    /// <summary><c>scheme://user:password@host:port,host:port/database?name=value</c>, each part percent-encoded and each optional.</summary>
    private static List<(string Name, string Value)> UrlFields(string text)
    {
        List<(string, string)> fields = [];
        string rest = text[(text.IndexOf("//", StringComparison.Ordinal) + 2)..];
        (rest, string query) = Cut(rest, '?');
        (string authority, string database) = Cut(rest, '/');
        int at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            (string user, string password) = Cut(authority[..at], ':');
            Add("user", user);
            Add("password", password);
        }

        (string hosts, string ports) = Hosts(authority[(at + 1)..]);
        Add("host", hosts);
        Add("port", ports);
        Add("dbname", database);
        foreach (string pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            (string name, string value) = Cut(pair, '=');
            Add(Uri.UnescapeDataString(name), value);
        }

        return fields;

        void Add(string name, string value)
        {
            if (value.Length > 0) fields.Add((name, Uri.UnescapeDataString(value)));
        }
    }

    private static (string Hosts, string Ports) Hosts(string authority)
    {
        List<string> hosts = [], ports = [];
        foreach (string entry in authority.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int colon = entry.LastIndexOf(':');
            bool port = colon > entry.LastIndexOf(']');
            hosts.Add((port ? entry[..colon] : entry).Trim('[', ']'));
            ports.Add(port ? entry[(colon + 1)..] : "5432");
        }

        return (string.Join(',', hosts), string.Join(',', ports));
    }

    private static (string Before, string After) Cut(string text, char mark)
    {
        int at = text.IndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
    }

    /// <summary><c>name = value name='a value'</c>; a backslash takes the next character as it is.</summary>
    private static List<(string Name, string Value)> KeywordFields(string text)
    {
        List<(string, string)> fields = [];
        int i = 0;
        while (true)
        {
            Skip();
            if (i == text.Length) return fields;
            int equals = text.IndexOf('=', i);
            if (equals < 0) throw new FormatException("a name has no '=' after it; write host=… user=… password=…, or a URL");
            string name = text[i..equals].Trim();
            if (name.Length == 0 || name.Any(c => char.IsWhiteSpace(c) || c is '\'')) throw new FormatException("there is no name before an '='; write a value with a space in quotes");
            i = equals + 1;
            Skip();
            fields.Add((name, Value()));
        }

        void Skip()
        {
            while (i < text.Length && char.IsWhiteSpace(text[i])) i++;
        }

        string Value()
        {
            StringBuilder value = new();
            bool quoted = i < text.Length && text[i] is '\'';
            if (quoted) i++;
            for (; i < text.Length; i++)
            {
                if (text[i] is '\\' && i + 1 < text.Length) value.Append(text[++i]);
                else if (quoted ? text[i] is '\'' : char.IsWhiteSpace(text[i])) break;
                else value.Append(text[i]);
            }

            if (!quoted) return value.ToString();
            if (i == text.Length) throw new FormatException("a quote is not closed");
            i++;
            return value.ToString();
        }
    }
}
