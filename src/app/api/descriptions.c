#include "app/api/descriptions.h"

#include "core/attr.h"

/* clang-format off */

#define IDENTITY "code:i,server:s,service:s,pid:s"
#define DATA(members) "{" IDENTITY ",data:{" members "}}"
#define SAMPLED "ok:b,sample_time:i"
#define TRAFFIC "send_bytes:i,recv_bytes:i,kbps:@Kbps"
#define PAGE "cursor?:s,total?:i"
#define PAGING "start?:i,count?:i,cursor?:s,sort?:s,search?:s"
#define KICK "ip?:s,user?:s,vhost?:s,stream?:s,type?:s,search?:s"

#define FRAGMENT "application/trickle-ice-sdpfrag"
#define OFFERED "eip?:s,candidate?:s,codec?:s,encrypt?:s,dtls?:s,ice-ufrag?:s,ice-pwd?:s"
#define WHIP(path, summary) \
    { path, "post", summary, "{app?:s,stream?:s,vhost?:s,domain?:s,action?:s," OFFERED "}", "application/sdp", "201 application/sdp" }, \
    { path, "patch", "Tell a session of candidates, or restart its ICE.", "{token?:s,eip?:s,candidate?:s}", FRAGMENT, "204;200 " FRAGMENT }, \
    { path, "delete", "End a session.", "{token?:s,session?:s}", NULL, "" }
#define RTC_ANSWER "{code:i,server:s,service:s,pid:s,sdp:s,sessionid:s}"

const struct api_schema api_schemas[] = {
    { "Error", "{code:i,msg?:s,message?:s}" },
    { "Problem", "{type:s,title:s,status:i,detail:s,code:s}" },
    { "Kbps", "{recv_30s:i,send_30s:i}" },
    { "Vhost", "{id:s,name:s,enabled:b,clients:i,streams:i," TRAFFIC ",hls:{enabled:b,fragment?:f},dash:{enabled:b},rtc:{enabled:b}}" },
    { "Stream", "{id:s,name:s,vhost:s,app:s,tcUrl:s,url:s,live_ms:i,clients:i,frames:i," TRAFFIC
                ",publish:{active:b,held?:b,stand_in?:s,is_edge?:b,cid?:s},delay?:{ms:i,held_ms:i,frames:i,bytes:i,early:i},video:@Video|n,audio:@Audio|n,segments?:[@Segments]}" },
    { "Video", "{codec:s,profile:s,level:s,width:i,height:i,fps:f,gop:f}" },
    { "Audio", "{codec:s,sample_rate:i,channel:i,profile:s}" },
    { "Segments", "{container:s,segments:i,newest:i,lost_parts:i,lost_files:i,cues:i,lost_cues:i,left_out:[s]}" },
    { "Client", "{id:s,vhost:s,stream:s,ip:s,pageUrl:s,swfUrl:s,tcUrl:s,url:s,name:s,type:s,publish:b,alive:f," TRAFFIC ",*}" },
    { "Peer", "{server:s,ip:s,pid:i,id:s}" },
    { "Trace", "{id:s,type:s,publish:b,ip:s,url:s,client:@Peer|n,publisher:s,from:@Peer|n,to:@Peer|n}" },
    { "Row", "{at:i,recv_kbps:i,send_kbps:i,fps:f,players:i,gaps:i}" },
    { "Line", "{number:i,time:i,level:s,trace:s,text:s}" },
    { "Ban", "{id:s,kind:s,subject:s,reason:s,automatic:b,since:i,seconds_left:i|n}" },
    { "Program", "{kind:s,subject:s,name:s,target:s,state:s,pid:i,starts:i,failures:i,alive_ms:i,next_start_ms:i,cpu_ms:i,cpu_percent:f,"
                 "speed:f|n,fps:f|n,ended:s,error:s}" },
    { "Dvr", "{id:s,vhost:s,app:s,stream:s,begin_ms:i,end_ms:i,duration_ms:i,bytes:i,gaps:[{at_ms:i,ms:i|n,reason:s}],"
             "gaps_left_out:i,state:s,file:s}" },
    { "Finding", "{id:s,severity:s,kind:s,subject:s,seen:s,cure:s,line:s}" },
    { "Directive", "{name:s,words:[s],file?:s,line?:i,env?:s,directives?:[@Directive]}" },
};
const size_t api_n_schemas = ARRAY_LEN(api_schemas);

const struct api_description api_descriptions[] = {
    { "/", "get", "The APIs.", NULL, NULL, "{" IDENTITY ",urls:{api:s}}" },
    { "/api/", "get", "The versions of the API.", NULL, NULL, "{" IDENTITY ",urls:{v1:s}}" },
    { "/api/v1/", "get", "The endpoints.", NULL, NULL, "{" IDENTITY ",urls:{*},tests:{*}}" },
    { "/api/v1/versions", "get", "The version of the server.", NULL, NULL, DATA("major:i,minor:i,revision:i,version:s") },
    { "/api/v1/authors", "get", "License and contributors.", NULL, NULL, DATA("license:s,contributors:s") },
    { "/api/v1/features", "get", "How the server was built, and what it can do.", NULL, NULL,
      DATA("options:s,options2:s,build:s,build2:s,features:{ssl:b,hls:b,hds:b,callback:b,api:b,httpd:b,dvr:b,transcode:b,"
           "ingest:b,stat:b,caster:b,complex_send:b,tcp_nodelay:b,so_sendbuf:b,mr:b}") },
    { "/api/v1/summaries", "get", "Process and machine in short.", NULL, NULL,
      DATA("ok:b,now_ms:i,self:{version:s,pid:i,ppid:i,argv:s,cwd:s,mem_kbyte:i,mem_percent:f,cpu_percent:f,srs_uptime:i},"
           "system:{cpu_percent:f,disk_read_KBps:i,disk_write_KBps:i,disk_busy_percent:f,mem_ram_kbyte:i,mem_ram_percent:f,"
           "mem_swap_kbyte:i,mem_swap_percent:f,cpus:i,cpus_online:i,uptime:f,ilde_time:f,load_1m:f,load_5m:f,load_15m:f,"
           "net_sample_time:i,net_recv_bytes:i,net_send_bytes:i,net_recvi_bytes:i,net_sendi_bytes:i,srs_sample_time:i,"
           "srs_recv_bytes:i,srs_send_bytes:i,conn_sys:i,conn_sys_et:i,conn_sys_tw:i,conn_sys_udp:i,conn_srs:i},"
           "circuit_breaker:{level:s,loop_percent:i,refused:i}") },
    { "/api/v1/rusages", "get", "Resource usage of the process: getrusage(2).", NULL, NULL,
      DATA(SAMPLED ",ru_utime:i,ru_stime:i,ru_maxrss:i,ru_ixrss:i,ru_idrss:i,ru_isrss:i,ru_minflt:i,ru_majflt:i,ru_nswap:i,"
           "ru_inblock:i,ru_oublock:i,ru_msgsnd:i,ru_msgrcv:i,ru_nsignals:i,ru_nvcsw:i,ru_nivcsw:i") },
    { "/api/v1/self_proc_stats", "get", "The process: /proc/self/stat.", NULL, NULL,
      DATA(SAMPLED ",percent:f,pid:i,comm:s,state:s,ppid:i,pgrp:i,session:i,tty_nr:i,tpgid:i,flags:i,minflt:i,cminflt:i,majflt:i,"
           "cmajflt:i,utime:i,stime:i,cutime:i,cstime:i,priority:i,nice:i,num_threads:i,itrealvalue:i,starttime:i,vsize:i,rss:i,"
           "rsslim:i,startcode:i,endcode:i,startstack:i,kstkesp:i,kstkeip:i,signal:i,blocked:i,sigignore:i,sigcatch:i,wchan:i,"
           "nswap:i,cnswap:i,exit_signal:i,processor:i,rt_priority:i,policy:i,delayacct_blkio_ticks:i,guest_time:i,cguest_time:i") },
    { "/api/v1/system_proc_stats", "get", "The processors: /proc/stat.", NULL, NULL,
      DATA(SAMPLED ",percent:f,user:i,nice:i,sys:i,idle:i,iowait:i,irq:i,softirq:i,steal:i,guest:i") },
    { "/api/v1/meminfos", "get", "The memory: /proc/meminfo.", NULL, NULL,
      DATA(SAMPLED ",percent_ram:f,percent_swap:f,MemActive:i,RealInUse:i,NotInUse:i,MemTotal:i,MemFree:i,Buffers:i,Cached:i,"
           "SwapTotal:i,SwapFree:i") },
    { "/api/v1/memory", "get", "Memory held for streams and connections, and what gave way for memory_limit.", NULL, NULL,
      DATA("limit:i,held:i,has_room:b,kinds:{frames:i,delayed:i,segments:i,messages:i,tls:i,callbacks:i,histories:i,config:i,other:i},"
           "stacks:i,resident:i,gop_share:i,over_share:i,given_up:{*},*") },
    { "/api/v1/callbacks", "get", "Callbacks that wait for their delivery.", NULL, NULL,
      DATA("waiting:i,waiting_bytes:i,lost:i,failing:[{backend:s,seconds:f,tries:i}],journals:[*],*") },
    { "/api/v1/vhosts/", "get", "Vhosts that have had a client.", "{" PAGING "}", NULL, "{" IDENTITY ",vhosts:[@Vhost]," PAGE "}" },
    { "/api/v1/vhosts/{id}", "get", "One vhost.", NULL, NULL, "{" IDENTITY ",vhost:@Vhost}" },
    { "/api/v1/streams/", "get", "Streams that have a publisher or a player.", "{" PAGING ",vhost?:s,app?:s,active?:s}", NULL,
      "{" IDENTITY ",streams:[@Stream]," PAGE "}" },
    { "/api/v1/streams/{id}", "get", "One stream.", NULL, NULL, "{" IDENTITY ",stream:@Stream}" },
    { "/api/v1/streams/{id}", "delete", "End the publisher and the players of a stream.", "{" KICK "}", NULL,
      "{" IDENTITY ",kicked:i}" },
    { "/api/v1/clients/", "get", "Publishers and players.", "{" PAGING ",ip?:s,user?:s,vhost?:s,stream?:s,type?:s}", NULL,
      "{" IDENTITY ",clients:[@Client]," PAGE "}" },
    { "/api/v1/clients/", "delete", "End all clients that fit.", "{" KICK "}", NULL, "{" IDENTITY ",kicked:i}" },
    { "/api/v1/clients/{id}", "get", "One client.", NULL, NULL, "{" IDENTITY ",client:@Client}" },
    { "/api/v1/origins", "get", "The origins of edges.", NULL, NULL,
      "{" IDENTITY ",origins:[{vhost:s,url:s,state:s,aside_ms:i,failures:i,pulls:i,pushes:i}]}" },
    { "/api/v1/trace/{id}", "get", "A client, and the servers from which its stream comes and to which it goes.", NULL, NULL,
      "{" IDENTITY ",trace:@Trace}" },
    { "/api/v1/trace/", "get", "The same of all clients.", "{start?:i,count?:i,cursor?:s,search?:s,ip?:s,user?:s,vhost?:s,stream?:s,type?:s}", NULL,
      "{" IDENTITY ",traces:[@Trace]," PAGE "}" },
    { "/api/v1/clients/{id}", "delete", "End one client.", NULL, NULL, "{" IDENTITY "}" },
    { "/api/v1/doctor", "get", "Why streams do not play, or play badly.", "{vhost?:s,app?:s,stream?:s}", NULL,
      DATA("findings:[@Finding],healthy:b,streams:i,errors:i,warnings:i,infos:i,left_out:i,*") },
    { "/api/v1/bans/", "get", "Bans.", "{" PAGING "}", NULL, "{" IDENTITY ",bans:[@Ban]," PAGE "}" },
    { "/api/v1/bans/", "post", "Make a ban.", NULL, "{address?:s,user?:s,stream?:s,seconds?:i|n,reason?:s}", "{" IDENTITY ",ban:@Ban}" },
    { "/api/v1/bans/{id}", "get", "One ban.", NULL, NULL, "{" IDENTITY ",ban:@Ban}" },
    { "/api/v1/bans/{id}", "delete", "Lift a ban.", NULL, NULL, "{" IDENTITY "}" },
    { "/api/v1/snapshots/", "get", "How many pictures were made and are kept.", NULL, NULL,
      DATA("made:i,failed:i,found:i,refused:i,kept:i,bytes:i") },
    { "/api/v1/snapshots/{id}", "get", "A picture of a stream; the id is VHOST/APP/STREAM.jpg or .webp.", "{width?:i,height?:i}", NULL,
      "image/*" },
    { "/api/v1/forwards/", "get", "Pushes of streams to other servers.", "{start?:i,count?:i,vhost?:s,app?:s,stream?:s}", NULL,
      "{" IDENTITY ",forwards:[{vhost:s,app:s,stream:s,url:s,added:b,state:s,bytes:i,messages:i,lag_ms:i,jumps:i,"
      "failures:i,retry_ms:i,error:*}],total:i}" },
    { "/api/v1/forwards/", "post", "Add a push to a stream.", NULL, "{vhost?:s,app:s,stream:s,url:s}", "{" IDENTITY "}" },
    { "/api/v1/forwards/", "delete", "Remove a push that was added.", "{vhost?:s,app?:s,stream?:s,url?:s}", NULL,
      "{" IDENTITY "}" },
    { "/api/v1/relays/", "get", "Streams that are pulled from other servers.", "{start?:i,count?:i}", NULL,
      "{" IDENTITY ",total:i,relays:[{vhost:s,app:s,stream:s,kind:s,urls:[s],url:s,added:b,on_demand:b,state:s,bytes:i,frames:i,"
      "failures:i,retry_ms:i,error:*}]}" },
    { "/api/v1/relays/", "post", "Pull a stream.", NULL,
      "{vhost?:s,app:s,stream:s,urls:[s],on_demand?:b,linger?:i,timeout?:i,tls_verify?:b}", "{" IDENTITY "}" },
    { "/api/v1/relays/", "delete", "Remove a relay that was added.", "{vhost?:s,app?:s,stream?:s}", NULL,
      "{" IDENTITY "}" },
    { "/api/v1/dvrs/", "get", "Recordings.", "{" PAGING ",vhost?:s,app?:s,stream?:s,state?:s}", NULL,
      "{" IDENTITY ",dvrs:[@Dvr]," PAGE "}" },
    { "/api/v1/dvrs/", "post", "Start or stop the recording of a stream.", NULL, "{vhost?:s,app:s,stream:s,action:s,preroll?:i|n}",
      "{" IDENTITY "}" },
    { "/api/v1/dvrs/{id}", "get", "One recording.", NULL, NULL, "{" IDENTITY ",dvr:@Dvr}" },
    { "/api/v1/dvrs/{id}", "delete", "Remove a recording.", NULL, NULL, "{" IDENTITY "}" },
    { "/api/v1/dvrs/files/{id}", "get", "The file of a recording; an ending behind the id does not matter.", NULL, NULL, "video/*" },
    { "/api/v1/programs", "get", "Programs of exec, transcode and ingest.", "{" PAGING ",stream?:s}", NULL, "{" IDENTITY ",programs:[@Program]," PAGE "}" },
    { "/api/v1/events", "get", "What happens, as server-sent events.", NULL, NULL, "text/event-stream" },
    { "/api/v1/logs", "get", "The newest lines of the log.", "{level?:s,trace?:s,search?:s,count?:i,cursor?:i}", NULL,
      DATA("lines:[@Line],cursor:i,lost:i") },
    { "/api/v1/history", "get", "Numbers of a stream, or of the server, over the last day.",
      "{stream?:s,from?:i,to?:i,step?:i}", NULL, "{" IDENTITY ",history:{step:i,rows:[@Row]}}" },
    { "/api/v1/raw", "get", "Commands to the server.", "{rpc?:s}", NULL, "{code:i,*}" },
    { "/api/v1/config", "get", "The configuration in force.", NULL, NULL,
      DATA("version:s,files:[s],directives:[@Directive],*") },
    { "/api/v1/config", "post", "Change the configuration.", "{dry_run?:i}", "*",
      DATA("version:s,file:s,dry_run:b,changes:[*],diff:[{sign:s,line:i,text:s}],diff_left_out:i,*") },
    { "/api/v1/config/rollback", "post", "Go back to a configuration that was kept.", "{dry_run?:i}", "*",
      DATA("version:s,file:s,dry_run:b,changes:[*],diff:[{sign:s,line:i,text:s}],diff_left_out:i,*") },
    { "/api/v1/requests", "get", "The request as the server has read it.", NULL, NULL,
      DATA("uri:s,path:s,METHOD:s,headers:{*},server:{sigature:s,version:s,link:s,time:i}") },
    { "/api/v1/clusters", "get", "Where a stream is published, for other origins; they ask by POST.",
      "{vhost?:s,app?:s,stream?:s,ip?:s,coworker?:s,ports?:s}", NULL,
      "{code:i,data:{query:{ip:s,vhost:s,app:s,stream:s},origin:{ip:s,port:i,vhost:s,api:s,routers:[s],rtmps?:i,http?:i,https?:i}|n}}" },
    { "/api/v1/clusters", "delete", "End the publisher of a stream, which one at another origin takes over.",
      "{vhost?:s,app?:s,stream?:s,from?:s}", NULL, "{" IDENTITY ",taken_over:b}" },
    { "/api/v1/openapi.json", "get", "This document.", NULL, NULL, "{openapi:s,*}" },
    { "/api/v1/tests/requests", "get", "The request as the server has read it.", NULL, NULL,
      DATA("uri:s,path:s,METHOD:s,headers:{*},server:{sigature:s,version:s,link:s,time:i}") },
    { "/api/v1/tests/errors", "get", "Always error 100.", NULL, NULL, "@Error" },
    { "/api/v1/tests/redirects", "get", "Always a redirection.", NULL, NULL, "text/plain" },
    WHIP("/rtc/v1/whip/", "Publish by WebRTC: WHIP, RFC 9725."),
    WHIP("/rtc/v1/whip-play/", "Play by WebRTC: WHEP."),
    WHIP("/rtc/v1/whep/", "Play by WebRTC: WHEP."),
    { "/rtc/v1/publish/", "post", "Publish by WebRTC: the JSON API of SRS.", "{" OFFERED "}", "{sdp:s,streamurl:s,*}", RTC_ANSWER },
    { "/rtc/v1/play/", "post", "Play by WebRTC: the JSON API of SRS.", "{" OFFERED "}", "{sdp:s,streamurl:s,*}", RTC_ANSWER },
};
const size_t api_n_descriptions = ARRAY_LEN(api_descriptions);
