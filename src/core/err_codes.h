/**
 * Every error code, its log name and a few words.
 *
 * The numbers and log names are those that SRS users know from logs, exit codes (the low byte) and the
 * HTTP API; codes of our own start at 1900, a range that SRS does not use.
 */
#ifndef CORE_ERR_CODES_H
#define CORE_ERR_CODES_H

/* X(number, symbol, log name, meaning) */
#define ERR_CODES(X) \
    X(0, SUCCESS, "Success", "no error") \
    X(1000, SOCKET_CREATE, "SocketCreate", "socket") \
    X(1001, SOCKET_SETREUSE, "SocketReuse", "SO_REUSEPORT/reuse option could not be set") \
    X(1002, SOCKET_BIND, "SocketBind", "bind") \
    X(1003, SOCKET_LISTEN, "SocketListen", "listen") \
    X(1004, SOCKET_CLOSED, "SocketClosed", "operation on an already closed socket") \
    X(1005, SOCKET_GET_PEER_NAME, "SocketPeerName", "getpeername failed") \
    X(1006, SOCKET_GET_PEER_IP, "SocketPeerIp", "peer has no IP") \
    X(1007, SOCKET_READ, "SocketRead", "read failed or peer closed while reading") \
    X(1008, SOCKET_READ_FULLY, "SocketReadFully", "peer closed before the requested byte count arrived") \
    X(1009, SOCKET_WRITE, "SocketWrite", "write failed") \
    X(1010, SOCKET_WAIT, "SocketWait", "poll/wait on a socket failed") \
    X(1011, SOCKET_TIMEOUT, "SocketTimeout", "no data/no room within the I/O timeout") \
    X(1012, SOCKET_CONNECT, "SocketConnect", "TCP connect failed") \
    X(1013, ST_SET_EPOLL, "StSetEpoll", "coroutine runtime could not select epoll") \
    X(1014, ST_INITIALIZE, "StInitialize", "coroutine runtime init failed") \
    X(1015, ST_OPEN_SOCKET, "StOpenSocket", "fd could not be registered with the coroutine runtime") \
    X(1016, ST_CREATE_LISTEN_THREAD, "StListenThread", "listener coroutine not started") \
    X(1017, ST_CREATE_CYCLE_THREAD, "StCycleThread", "worker coroutine not started") \
    X(1018, ST_CONNECT, "StConnect", "outgoing connect refused/failed") \
    X(1019, SYSTEM_PACKET_INVALID, "RtmpInvalidPacket", "packet class cannot be encoded/decoded") \
    X(1020, SYSTEM_CLIENT_INVALID, "RtmpInvalidClient", "client is neither player nor publisher") \
    X(1021, SYSTEM_ASSERT_FAILED, "SystemAssert", "internal invariant broken") \
    X(1022, READER_BUFFER_OVERFLOW, "FastStreamGrow", "receive buffer cannot grow") \
    X(1023, SYSTEM_CONFIG_INVALID, "ConfigInvalid", "bad config or bad command line") \
    X(1028, SYSTEM_STREAM_BUSY, "StreamBusy", "another publisher holds the stream") \
    X(1029, SYSTEM_IP_INVALID, "IpInvalid", "local IP lookup failed") \
    X(1030, SYSTEM_FORWARD_LOOP, "RtmpForwardLoop", "forward loop, or unusable reply of the forward backend hook") \
    X(1031, SYSTEM_WAITPID, "DaemonWaitPid", "waitpid failed in daemon mode") \
    X(1032, SYSTEM_BANDWIDTH_KEY, "BandwidthKey", "bandwidth test: key mismatch") \
    X(1033, SYSTEM_BANDWIDTH_DENIED, "BandwidthDenied", "bandwidth test: asked again within the interval") \
    X(1034, SYSTEM_PID_ACQUIRE, "PidFileAcquire", "pid file cannot be opened") \
    X(1035, SYSTEM_PID_ALREADY_RUNNING, "PidFileProcessExists", "pid file locked by a live instance") \
    X(1036, SYSTEM_PID_LOCK, "PidFileLock", "pid file lock failed for another reason") \
    X(1037, SYSTEM_PID_TRUNCATE_FILE, "PidFileTruncate", "pid file truncate failed") \
    X(1038, SYSTEM_PID_WRITE_FILE, "PidFileWrite", "pid file write failed") \
    X(1039, SYSTEM_PID_GET_FILE_INFO, "PidFileQuery", "fcntl get on pid/socket fd failed") \
    X(1040, SYSTEM_PID_SET_FILE_INFO, "PidFileUpdate", "fcntl set on pid/socket fd failed") \
    X(1041, SYSTEM_FILE_ALREADY_OPENED, "FileOpened", "file object opened twice") \
    X(1042, SYSTEM_FILE_OPEN, "FileOpen", "open failed") \
    X(1043, SYSTEM_FILE_CLOSE, "FileClose", "close failed") \
    X(1044, SYSTEM_FILE_READ, "FileRead", "read failed") \
    X(1045, SYSTEM_FILE_WRITE, "FileWrite", "write failed") \
    X(1046, SYSTEM_FILE_EOF, "FileEof", "end of file") \
    X(1047, SYSTEM_FILE_RENAME, "FileRename", "rename failed") \
    X(1048, SYSTEM_CREATE_PIPE, "PipeCreate", "signal pipe not created") \
    X(1049, SYSTEM_FILE_SEEK, "FileSeek", "seek failed") \
    X(1050, SYSTEM_IO_INVALID, "IOInvalid", "I/O call not valid on this object") \
    X(1051, ST_EXCEED_THREADS, "StThreadsExceed", "too many coroutines") \
    X(1052, SYSTEM_SECURITY, "SecurityCheck", "security on but no rule present") \
    X(1053, SYSTEM_SECURITY_DENY, "SecurityDeny", "a deny rule matched the client address") \
    X(1054, SYSTEM_SECURITY_ALLOW, "SecurityAllow", "allow rules exist and none matched") \
    X(1055, SYSTEM_TIME, "SystemTime", "clock unusable") \
    X(1056, SYSTEM_DIR_EXISTS, "DirExists", "directory exists") \
    X(1057, SYSTEM_CREATE_DIR, "DirCreate", "mkdir failed") \
    X(1058, SYSTEM_KILL, "ProcessKill", "kill") \
    X(1059, SYSTEM_CONFIG_PERSISTENCE, "ConfigPersistence", "config write-back failed") \
    X(1060, SYSTEM_CONFIG_RAW, "ConfigRaw", "RAW API: rpc missing or unknown") \
    X(1061, SYSTEM_CONFIG_RAW_DISABLED, "ConfigRawDisable", "RAW API off, or that operation not allowed by config") \
    X(1062, SYSTEM_CONFIG_RAW_NOT_ALLOWED, "ConfigRawNotAllowed", "RAW API: scope/param not permitted") \
    X(1063, SYSTEM_CONFIG_RAW_PARAMS, "ConfigRawParams", "RAW API: value fails validation") \
    X(1064, SYSTEM_FILE_NOT_EXISTS, "FileNotFound", "file missing") \
    X(1065, SYSTEM_HOURGLASS_RESOLUTION, "TimerResolution", "timer granularity wrong") \
    X(1066, SYSTEM_DNS_RESOLVE, "DnsResolve", "DNS lookup failed") \
    X(1067, SYSTEM_FRAGMENT_UNLINK, "FileRemove", "segment delete failed") \
    X(1068, SYSTEM_FRAGMENT_RENAME, "FileRename", "segment rename failed") \
    X(1069, THREAD_DISPOSED, "StThreadDispose", "coroutine already disposed") \
    X(1070, THREAD_INTERRUPTED, "StThreadInterrupt", "coroutine interrupted") \
    X(1071, THREAD_TERMINATED, "StThreadTerminate", "coroutine already ended") \
    X(1072, THREAD_DUMMY, "StThreadDummy", "operation on placeholder coroutine") \
    X(1073, ASPROCESS_PPID, "SystemAsProcess", "asprocess: parent pid changed") \
    X(1074, EXCEED_CONNECTIONS, "ConnectionsExceed", "over max_connections") \
    X(1075, SOCKET_SETKEEPALIVE, "SocketKeepAlive", "SO_KEEPALIVE failed") \
    X(1076, SOCKET_NO_NODELAY, "SocketNoDelay", "TCP_NODELAY failed") \
    X(1077, SOCKET_SNDBUF, "SocketSendBuffer", "SO_SNDBUF failed") \
    X(1078, THREAD_STARTED, "StThreadStarted", "coroutine started twice") \
    X(1079, SOCKET_SETREUSEADDR, "SocketReuseAddr", "SO_REUSEADDR failed") \
    X(1080, SOCKET_SETCLOSEEXEC, "SocketCloseExec", "FD_CLOEXEC failed") \
    X(1081, SOCKET_ACCEPT, "SocketAccept", "accept") \
    X(1082, THREAD_CREATE, "StThreadCreate", "thread/coroutine creation failed") \
    X(1083, THREAD_FINISHED, "StThreadFinished", "coroutine finished normally") \
    X(1084, PB_NO_SPACE, "ProtobufNoSpace", "protobuf buffer too small") \
    X(1085, CLS_INVALID_CONFIG, "ClsConfig", "CLS log service misconfigured") \
    X(1086, CLS_EXCEED_SIZE, "ClsExceedSize", "CLS batch over 5 MB") \
    X(1087, APM_EXCEED_SIZE, "ApmExceedSize", "APM batch over 5 MB") \
    X(1088, APM_ENDPOINT, "ApmEndpoint", "APM endpoint wrong") \
    X(1089, APM_AUTH, "ApmAuth", "APM credentials wrong") \
    X(1090, EXPORTER_DISABLED, "ExporterDisable", "/metrics asked while exporter is off") \
    X(1091, ST_SET_SELECT, "StSetSelect", "coroutine runtime could not use select") \
    X(1092, BACKTRACE_PARSE_NOT_SUPPORT, "BacktraceParseNotSupport", "backtrace decode unavailable") \
    X(1093, BACKTRACE_PARSE_OFFSET, "BacktraceParseOffset", "backtrace offset unreadable") \
    X(1094, BACKTRACE_ADDR2LINE, "BacktraceAddr2Line", "addr2line failed") \
    X(1095, SYSTEM_FILE_NOT_OPEN, "FileNotOpen", "file not open") \
    X(1096, SYSTEM_FILE_SETVBUF, "FileSetVBuf", "setvbuf failed") \
    X(1097, NO_SOURCE, "NoSource", "source object missing") \
    X(1098, STREAM_DISPOSING, "StreamDisposing", "HTTP stream is being torn down, cannot be reused yet") \
    X(2000, RTMP_PLAIN_REQUIRED, "RtmpPlainRequired", "C0 version byte is not 3") \
    X(2001, RTMP_CHUNK_START, "RtmpChunkStart", \
      "chunk stream starts with a non-zero chunk type, or type 0 in mid-message") \
    X(2002, RTMP_MSG_INVALID_SIZE, "RtmpMsgSize", "message length negative/absurd") \
    X(2003, RTMP_AMF0_DECODE, "Amf0Decode", "AMF0 parse error") \
    X(2004, RTMP_AMF0_INVALID, "Amf0Invalid", "AMF0 marker not expected here") \
    X(2005, RTMP_REQ_CONNECT, "RtmpConnect", "connect without tcUrl") \
    X(2006, RTMP_REQ_TCURL, "RtmpTcUrl", "schema/vhost/port/app could not be derived from tcUrl") \
    X(2007, RTMP_MESSAGE_DECODE, "RtmpDecode", "message parse error") \
    X(2008, RTMP_MESSAGE_ENCODE, "RtmpEncode", "message build error") \
    X(2009, RTMP_AMF0_ENCODE, "Amf0Encode", "AMF0 build error") \
    X(2010, RTMP_CHUNK_SIZE, "RtmpChunkSize", "peer announced chunk size < 128") \
    X(2011, RTMP_TRY_SIMPLE_HS, "RtmpTrySimple", "digest handshake not possible") \
    X(2012, RTMP_CH_SCHEMA, "RtmpSchema", "unknown digest layout") \
    X(2013, RTMP_PACKET_SIZE, "RtmpPacketSize", "message length changed inside a message") \
    X(2014, RTMP_VHOST_NOT_FOUND, "NoVhost", "vhost unknown or disabled") \
    X(2015, RTMP_ACCESS_DENIED, "SecurityDenied", "page referer not in the allowed list") \
    X(2016, RTMP_HANDSHAKE, "RtmpHandshake", "handshake failed") \
    X(2017, RTMP_NO_REQUEST, "RtmpNoRequest", "_result for an unknown transaction") \
    X(2018, RTMP_HS_SSL_REQUIRE, "RtmpSslRequire", "digest handshake needs crypto library") \
    X(2019, RTMP_DURATION_EXCEED, "DurationExceed", "requested play duration reached") \
    X(2020, RTMP_EDGE_PLAY_STATE, "EdgePlayState", "edge: play while the pull is stopping") \
    X(2021, RTMP_EDGE_PUBLISH_STATE, "EdgePublishState", "edge: push already active") \
    X(2022, RTMP_EDGE_PROXY_PULL, "EdgeProxyPull", "edge: proxy state wrong") \
    X(2023, RTMP_EDGE_RELOAD, "EdgeReload", "reload tried to switch a vhost between origin and edge") \
    X(2024, RTMP_AGGREGATE, "RtmpAggregate", "aggregate message malformed") \
    X(2025, RTMP_BWTC_DATA, "BandwidthData", "bandwidth test payload wrong") \
    X(2026, OPEN_SSL_CREATE_DH, "SslCreateDh", "DH object creation") \
    X(2027, OPEN_SSL_CREATE_P, "SslCreateP", "DH prime allocation") \
    X(2028, OPEN_SSL_CREATE_G, "SslCreateG", "DH generator allocation") \
    X(2029, OPEN_SSL_PARSE_P1024, "SslParseP1024", "1024-bit prime parse") \
    X(2030, OPEN_SSL_SET_G, "SslSetG", "DH generator set") \
    X(2031, OPEN_SSL_GENERATE_DHKEYS, "SslDhKeys", "DH key generation") \
    X(2032, OPEN_SSL_COPY_KEY, "SslCopyKey", "DH key copy") \
    X(2033, OPEN_SSL_SHA256UPDATE, "SslSha256Update", "HMAC update") \
    X(2034, OPEN_SSL_SHA256INIT, "SslSha256Init", "HMAC init") \
    X(2035, OPEN_SSL_SHA256FINAL, "SslSha256Final", "HMAC final") \
    X(2036, OPEN_SSL_SHA256EVP_DIGEST, "SslSha256Digest", "plain SHA-256") \
    X(2037, OPEN_SSL_SHA256DIGEST_SIZE, "SslSha256Size", "digest length not 32") \
    X(2038, OPEN_SSL_GET_PEER_PUBLIC_KEY, "SslPublicKey", "peer DH public key invalid") \
    X(2039, OPEN_SSL_COMPUTE_SHARED_KEY, "SslShareKey", "DH shared key computation") \
    X(2040, RTMP_MIC_CHUNKSIZE_CHANGED, "RtmpMicChunk", "chunk size changed in mid-message cache") \
    X(2041, RTMP_MIC_CACHE_OVERFLOW, "RtmpMicCache", "mid-message cache overflow") \
    X(2042, RTSP_TOKEN_NOT_NORMAL, "RtspToken", "RTSP token state") \
    X(2043, RTSP_REQUEST_HEADER_EOF, "RtspHeaderEof", "RTSP header ended early") \
    X(2044, RTP_HEADER_CORRUPT, "RtspHeaderCorrupt", "RTP header bad") \
    X(2045, RTP_TYPE96_CORRUPT, "RtspP96Corrupt", "RTP payload type 96 bad") \
    X(2046, RTP_TYPE97_CORRUPT, "RtspP97Corrupt", "RTP payload type 97 bad") \
    X(2047, RTSP_AUDIO_CONFIG, "RtspAudioConfig", "RTSP audio config missing") \
    X(2048, RTMP_STREAM_NOT_FOUND, "StreamNotFound", "API: no stream with this id") \
    X(2049, RTMP_CLIENT_NOT_FOUND, "ClientNotFound", "API: no client with this id") \
    X(2050, OPEN_SSL_CREATE_HMAC, "SslCreateHmac", "HMAC context allocation") \
    X(2051, RTMP_STREAM_NAME_EMPTY, "StreamNameEmpty", "stream name is empty") \
    X(2052, HTTP_HIJACK, "HttpHijack", "HTTP stream handler disabled") \
    X(2053, RTMP_MESSAGE_CREATE, "MessageCreate", "shared message creation") \
    X(2054, RTMP_PROXY_EXCEED, "RtmpProxy", "proxy prefix") \
    X(2055, RTMP_CREATE_STREAM_DEPTH, "RtmpIdentify", "more than 3 nested createStream before play/publish") \
    X(2056, KICKOFF_FOR_IDLE, "KickoffForIdle", "publisher kicked because nobody watches") \
    X(2997, CONTROL_REDIRECT, "RtmpRedirect", "internal control: client was redirected") \
    X(2998, CONTROL_RTMP_CLOSE, "RtmpClose", "internal control: player sent closeStream") \
    X(2999, CONTROL_REPUBLISH, "RtmpRepublish", "internal control: publisher unpublished, connection stays") \
    X(3001, HLS_DECODE_ERROR, "HlsDecode", "HLS frame parse") \
    X(3007, HTTP_PARSE_URI, "HttpParseUrl", "URL does not parse") \
    X(3008, HTTP_DATA_INVALID, "HttpResponseData", "HTTP reply/body unusable") \
    X(3009, HTTP_PARSE_HEADER, "HttpParseHeader", "HTTP header parse") \
    X(3010, HTTP_HANDLER_MATCH_URL, "HttpHandlerUrl", "handler URL mismatch") \
    X(3011, HTTP_HANDLER_INVALID, "HttpHandlerInvalid", "handler invalid") \
    X(3013, HTTP_REMUX_SEQUENCE_HEADER, "VodNoSequence", "FLV file without sequence headers (?start=)") \
    X(3014, HTTP_REMUX_OFFSET_OVERFLOW, "VodOffset", "byte offset beyond the file (?start=, Range)") \
    X(3015, ENCODER_VCODEC, "FFmpegNoCodec", "transcode: no codec, or both are off") \
    X(3016, ENCODER_OUTPUT, "FFmpegNoOutput", "transcode: no output") \
    X(3017, ENCODER_ACHANNELS, "FFmpegChannels", "transcode: channels") \
    X(3018, ENCODER_ASAMPLE_RATE, "FFmpegSampleRate", "transcode: sample rate") \
    X(3019, ENCODER_ABITRATE, "FFmpegAudioBitrate", "transcode: audio bitrate") \
    X(3020, ENCODER_ACODEC, "FFmpegAudioCodec", "transcode: audio codec") \
    X(3021, ENCODER_VPRESET, "FFmpegPreset", "transcode: preset") \
    X(3022, ENCODER_VPROFILE, "FFmpegProfile", "transcode: profile") \
    X(3023, ENCODER_VTHREADS, "FFmpegThreads", "transcode: threads") \
    X(3024, ENCODER_VHEIGHT, "FFmpegHeight", "transcode: height") \
    X(3025, ENCODER_VWIDTH, "FFmpegWidth", "transcode: width") \
    X(3026, ENCODER_VFPS, "FFmpegFps", "transcode: frame rate") \
    X(3027, ENCODER_VBITRATE, "FFmpegVideoBitrate", "transcode: video bitrate") \
    X(3028, ENCODER_FORK, "FFmpegFork", "child process fork") \
    X(3029, ENCODER_LOOP, "FFmpegLoop", "transcode loops on itself") \
    X(3032, ENCODER_PARSE, "FFmpegBinary", "no program is named for a child") \
    X(3033, ENCODER_NO_INPUT, "FFmpegNoInput", "child without input") \
    X(3035, ENCODER_INPUT_TYPE, "FFmpegInputType", "input type unknown") \
    X(3036, KERNEL_FLV_HEADER, "FlvHeader", "FLV header bad") \
    X(3037, KERNEL_FLV_STREAM_CLOSED, "VodFlvClosed", "FLV file closed") \
    X(3038, KERNEL_STREAM_INIT, "StreamInit", "byte stream init") \
    X(3039, EDGE_VHOST_REMOVED, "EdgeVhostRemoved", "edge vhost vanished in reload") \
    X(3040, HLS_AVC_TRY_OTHERS, "AvcTryOthers", "internal: try next AVC payload layout") \
    X(3041, H264_API_NO_PREFIXED, "AvcAnnexbPrefix", "internal: no Annex-B start code") \
    X(3042, FLV_INVALID_VIDEO_TAG, "FlvInvalidTag", "video tag with codec/frame type not accepted") \
    X(3043, H264_DROP_BEFORE_SPS_PPS, "DropBeforeSequence", "frames before SPS/PPS") \
    X(3044, H264_DUPLICATED_SPS, "SpsDuplicate", "SPS unchanged") \
    X(3045, H264_DUPLICATED_PPS, "PpsDuplicate", "PPS unchanged") \
    X(3046, AAC_REQUIRED_ADTS, "AacAdtsRequire", "ADTS missing") \
    X(3047, AAC_ADTS_HEADER, "AacAdtsHeader", "ADTS bad") \
    X(3048, AAC_DATA_INVALID, "AacData", "AAC payload bad") \
    X(3091, OCLUSTER_DISCOVER, "OriginClusterDiscover", \
      "no co-worker of the origin cluster has told where the stream is") \
    X(3092, OCLUSTER_REDIRECT, "OriginClusterRedirect", "origin cluster: no usable place to send the client to") \
    X(3083, DVR_ILLEGAL_PLAN, "DvrPlan", "DVR plan unknown") \
    X(3098, HEVC_DISABLED, "HevcDisabled", "HEVC not compiled in") \
    X(3099, HEVC_DECODE_ERROR, "HevcDecode", "HEVC parse") \
    X(3102, AVC_NALU_EMPTY, "AvcNaluEmpty", "empty AVC NALU") \
    X(3052, HTTP_JSON_REQUIRED, "JsonRequired", "JSON body needed") \
    X(3064, RESPONSE_CODE, "HttpResponseCode", "hook reply: object without integer code, or code is not 0") \
    X(3065, RESPONSE_DATA, "HttpResponseData", "hook reply data") \
    X(3066, REQUEST_DATA, "HttpRequestData", "request data") \
    X(3096, HTTP_URL_UNESCAPE, "HttpUrlUnescape", "URL unescape") \
    X(3097, HTTP_WITH_BODY, "HttpWithBody", "unexpected HTTP body") \
    X(4000, HTTP_PATTERN_EMPTY, "HttpPatternEmpty", "empty mount pattern") \
    X(4001, HTTP_PATTERN_DUPLICATED, "HttpPatternDuplicated", "mount pattern taken") \
    X(4002, HTTP_URL_NOT_CLEAN, "HttpUrlNotClean", "URL leaves the root") \
    X(4003, HTTP_CONTENT_LENGTH, "HttpContentLength", "more bytes than Content-Length, or than there may be") \
    X(4004, HTTP_LIVE_STREAM_EXT, "HttpStreamExt", "live URL extension unknown") \
    X(4005, HTTP_STATUS_INVALID, "HttpStatus", "HTTP status of a hook/upstream not accepted") \
    X(4010, STREAM_CASTER_ENGINE, "CasterEngine", "stream caster unknown/not compiled") \
    X(4025, HTTP_RESPONSE_EOF, "HttpResponseEof", "HTTP response ended") \
    X(4026, HTTP_INVALID_CHUNK_HEADER, "HttpChunkHeader", "chunk size line bad") \
    X(4029, HTTP_REQUEST_EOF, "HttpRequestEof", "HTTP request ended") \
    X(4038, HTTP_302_INVALID, "HttpRedirectDepth", "edge FLV: more than 3 redirects") \
    X(4039, BASE64_DECODE, "Base64Decode", "base64") \
    X(4040, HTTP_STREAM_EOF, "HttpStreamEof", "HTTP live stream ended by unpublish (normal server close)") \
    X(4041, HTTPS_NOT_SUPPORTED, "HttpsNotSupported", "HTTPS not compiled in") \
    X(4042, HTTPS_HANDSHAKE, "HttpsHandshake", "TLS handshake") \
    X(4043, HTTPS_READ, "HttpsRead", "TLS read") \
    X(4044, HTTPS_WRITE, "HttpsWrite", "TLS write") \
    X(4045, HTTPS_KEY_CRT, "HttpsSslFile", "TLS key/cert load") \
    X(4058, HTTP_JSONP, "HttpJsonp", "JSONP callback has illegal characters") \
    X(3093, INOTIFY_CREATE, "InotifyCreate", "inotify create") \
    X(3094, INOTIFY_OPENFD, "InotifyOpenFd", "inotify fd") \
    X(3095, INOTIFY_WATCH, "InotfyWatch", "inotify watch") \
    X(5000, RTC_PORT, "RtcPort", "the port of WebRTC is invalid") \
    X(5006, RTC_RTP, "RtcRtpHeader", "the header of an RTP packet is broken") \
    X(5007, RTC_RTCP, "RtcRtcpType", "the type of an RTCP packet is unknown") \
    X(5008, RTC_STUN, "RtcStun", "STUN or ICE: broken, or of no session") \
    X(5009, RTC_DTLS, "RtcDtls", "DTLS handshake") \
    X(5010, RTC_UDP, "RtcUdpPacket", "a datagram of no known kind") \
    X(5012, RTC_SDP_DECODE, "RtcSdpDecode", "the SDP cannot be parsed") \
    X(5013, RTC_SRTP_INIT, "RtcSrtpInit", "SRTP cannot begin") \
    X(5018, RTC_SDP_EXCHANGE, "RtcSdpNegotiate", "the offer and this server agree on nothing") \
    X(5019, RTC_API_BODY, "RtcApiJson", "the body of the API request is no JSON object") \
    X(5020, RTC_SOURCE_BUSY, "RtcStreamBusy", "the stream is published over WebRTC already") \
    X(5021, RTC_DISABLED, "RtcDisabled", "WebRTC is off for the server or the vhost") \
    X(5022, RTC_NO_SESSION, "RtcNoSession", "no such session") \
    X(5023, RTC_INVALID_PARAMS, "RtcInvalidParams", "a parameter of the API is invalid") \
    X(5026, RTC_TRACK_CODEC, "RtcTrackCodec", "the codec of a track") \
    X(5029, RTC_DUPLICATED_SSRC, "RtcSsrcDuplicated", "two tracks with one SSRC") \
    X(5030, RTC_NO_TRACK, "RtcNoTrack", "unknown track") \
    X(5032, RTC_TCP_SIZE, "RtcTcpSize", "the size of a frame of WebRTC over TCP") \
    X(5033, RTC_TCP_PACKET, "RtcTcpStun", "WebRTC over TCP does not begin with STUN") \
    X(5034, RTC_TCP_STUN, "RtcTcpSession", "WebRTC over TCP without a session") \
    X(5035, RTC_TCP_UNIQUE, "RtcUnique", "the session has another transport already") \
    X(5036, RTC_INVALID_SESSION, "RtcInvalidSession", "the token of the session is missing or wrong") \
    X(5037, RTC_INVALID_ICE, "RtcInvalidIce", "ICE credentials of a wrong length") \
    X(1900, NO_MEMORY, "NoMemory", "memory allocation failed") \
    X(1901, LIMIT, "LimitExceeded", "a peer exceeded a named bound") \
    X(1902, END_OF_STREAM, "EndOfStream", "the peer ended the connection in good order") \
    X(1903, TAKEOVER, "PublisherTakeover", "a newer publisher took the stream over") \
    X(1904, PROXY_HEADER, "ProxyHeader", "the PROXY header of a trusted peer is broken") \
    X(1906, REFUSED, "Refused", "a server that we are a client of refuses") \
    X(1907, AUTH_REQUIRED, "AuthRequired", "a server that we are a client of wants a user and a password") \
    X(1908, BACKEND, "BackendFailed", "a server that is asked for permission does not answer as it should") \
    X(1909, AUTH_DENIED, "AuthDenied", "the client has no valid token") \
    X(1910, AUTH_EXPIRED, "AuthExpired", "the time for which the client was let in is over") \
    X(1911, BANNED, "Banned", "the address, the user or the stream is banned") \
    X(1912, PICTURE, "Picture", "no picture can be made of a key frame") \
    X(1913, RTC_OVERLOADED, "RtcOverloaded", "circuit_breaker lets no new session of WebRTC in") \
    X(1920, CROSS_SITE, "CrossSite", "a page of another site may not read the reply") \
    X(1921, MIXED_CONTENT, "MixedContent", "a page over https asks over http")

enum err_code {
#define ERR_CODE_ENUM(number, symbol, name, meaning) E_##symbol = (number),
    ERR_CODES(ERR_CODE_ENUM)
#undef ERR_CODE_ENUM
};

#endif
